"""The guided tour on a zone of the fake, which nobody has to set up."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from buckia.cli.tour.scene import tree
from buckia.config import load
from buckia_bunny.testing.demo import stand_in
from tests.cli.fakes import Ran, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, real=True)


def play(shell: Shell, *words: str) -> Ran:
    return shell("demo", "--provider", "bunny", "--directory", "tour", *words)


def test_the_whole_tour_goes_as_told_on_a_zone(shell: Shell) -> None:
    ran = play(shell)
    assert (ran.code, ran.err) == (0, "")
    assert "provider: bunny" in ran.out
    assert "All went as told: both sides hold the same 7 files." in ran.out
    assert len(tree(shell.folder / "tour" / "app")) == 7


def test_nobody_says_that_a_zone_renames_what_it_can_only_take_anew(shell: Shell) -> None:
    ran = play(shell, "--no-keep")
    assert "can neither move nor copy" in ran.out
    assert "The rename was a rename" not in ran.out


def test_the_fake_is_gone_when_the_tour_is_over(shell: Shell) -> None:
    assert play(shell).code == 0
    config = load(shell.folder / "tour" / "app" / ".buckia").bucket("pictures")
    address = urlsplit(config.endpoint_url or "")
    assert address.hostname == "127.0.0.1"
    assert address.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=10)


def test_what_is_set_for_a_zone_of_the_same_name_does_not_get_in_the_way(shell: Shell) -> None:
    shell.environ["BUCKIA_PICTURES_PASSWORD"] = "of-another-zone"
    assert play(shell, "--no-keep").code == 0


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a proxy at which nobody answers, and which all requests have to take."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return address


@pytest.mark.parametrize(
    "set_before",
    [
        {},
        {"no_proxy": "a.test"},
        {"NO_PROXY": "a.test"},
        {"no_proxy": ""},
    ],
)
def test_the_way_to_the_fake_leads_past_any_proxy(
    shell: Shell, proxy: str, set_before: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in set_before.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    assert play(shell, "--no-keep").code == 0
    assert dict(os.environ) == before


def test_what_went_past_the_proxy_before_still_does_meanwhile(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "a.test")
    with stand_in():
        assert os.environ["no_proxy"].split(",") == ["a.test", "127.0.0.1"]


def test_each_tour_has_a_zone_of_its_own() -> None:
    with stand_in() as one, stand_in() as other:
        assert one["endpoint_url"] != other["endpoint_url"]
