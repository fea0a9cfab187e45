"""A folder with a `.buckia` file whose bucket has secrets, and the command line in this process."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from buckia.cli.app import run
from buckia.cli.terminal import Terminal

PLANTED: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "access_key": "AKIAPLANTEDKEY00001",
        "secret_key": "planted/secret+key=of/s3-0002",
        "session_token": "planted/session+token==of-s3-0003",
    },
    "bunny": {
        "storage_api_key": "planted-password-of-the-zone-0004",
        "api_key": "planted-key-of-the-account-0005",
        "security_key": "planted-key-that-signs-0006",
    },
    "linode": {
        "access_key": "PLANTEDKEYOFLINODE07",
        "secret_key": "planted+secret/of/linode-0008",
        "token": "planted-personal-token-0009",
    },
}
"""A secret that can be recognised for each kind of credential of each provider."""
NO_SECRET = frozenset({"access_key"})
"""It names who signs, stands in every request, and opens nothing."""


def forms(secret: str) -> set[str]:
    """The secret as it may stand in texts of all kinds."""
    raw = secret.encode()
    return {secret, quote(secret, safe=""), quote(secret), base64.b64encode(raw).decode()}


def hidden(provider: str) -> set[str]:
    """Everything that must be found nowhere."""
    planted = PLANTED[provider]
    return {form for name, one in planted.items() if name not in NO_SECRET for form in forms(one)}


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        return self.out + self.err


class Desk:
    """One bucket called `notes`; its secrets stand in the environment, as they should."""

    def __init__(self, folder: Path, provider: str, **keys: Any) -> None:
        self.folder = folder / "here"
        self.folder.mkdir()
        self.provider = provider
        self.log = folder / "buckia.log"
        self.environ = {
            "TERM": "dumb",
            **{f"BUCKIA_NOTES_{name.upper()}": one for name, one in PLANTED[provider].items()},
        }
        bucket = {"provider": provider, "bucket_name": "ann-notes", "retries": 1, **keys}
        self.config = self.folder / ".buckia.json"
        self.config.write_text(json.dumps({"notes": bucket}))
        self.config.chmod(0o600)
        (self.folder / "a.txt").write_text("words")

    def type(self, *words: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            environ=self.environ,
            cwd=self.folder,
            keyring=lambda: None,
        )
        return Done(run(words, terminal), out.getvalue(), err.getvalue())

    def debugged(self, *words: str) -> Done:
        """With all that can be asked for: tracebacks, and whatever any library logs."""
        return self.type(*words, "--debug", "--log-file", str(self.log), "--log-level", "debug")

    def kept(self) -> dict[Path, bytes]:
        """All that lies in the folder and beside it, the configuration apart."""
        files = (path for path in self.folder.parent.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files if path != self.config}
