"""No test here is led astray by what this machine's environment says of proxies and trust."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.s3.servers.certificate import Certificate, issue

_LEADING = re.compile(r"(?i)(.*_)?proxy|SSL_CERT_.*|.*_CA_BUNDLE|AWS_.*|NETRC")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if _LEADING.fullmatch(name)]:
        monkeypatch.delenv(name)
    # Nothing of the person who runs the tests: neither AWS settings nor a netrc.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One that a stranger has made for himself."""
    return issue(tmp_path_factory.mktemp("stranger"))
