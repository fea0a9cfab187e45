"""Proxies are used as the environment says, and their passwords are shown nowhere."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from buckia.secrets import Secrets
from tests.security.desk import PLANTED, Desk
from tests.security.listening import Heard, Listening, Said

USER, PASSWORD = "ann", "pass%20word-of-the-proxy"
PLAIN = "pass word-of-the-proxy"
SHOWN = (PASSWORD, PLAIN, b64encode(f"{USER}:{PLAIN}".encode()).decode())


def unwilling(heard: Heard) -> Said:
    repeated = heard.whole.encode()
    return Said(407, repeated, (("Proxy-Authenticate", 'Basic realm="here"'),))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("provider", PLANTED)
def test_the_password_of_a_proxy_is_shown_nowhere(
    provider: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Listening(unwilling) as proxy:
        address = f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
        desk = Desk(tmp_path, provider, endpoint_url=f"{scheme}://127.0.0.1:9")
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
            desk.environ[name] = address
        for words in (("sync",), ("sync", "--json")):
            done = desk.debugged(*words)
            assert done.code != 0
            assert not any(one in done.told for one in SHOWN), done.told
        assert any(one.header("Proxy-Authorization") for one in proxy.heard), "it was not used"
    text = desk.log.read_text()
    assert not any(one in text for one in SHOWN)


def test_a_proxy_that_is_not_there_is_an_error_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, provider in enumerate(PLANTED):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = Desk(folder, provider, endpoint_url="https://127.0.0.1:9")
        monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{PASSWORD}@127.0.0.1:9")
        # The command does not even know of it: only the SDK looks.
        done = desk.debugged("sync")
        assert done.code == 4, done.told
        assert not any(one in done.told + desk.log.read_text() for one in SHOWN)


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("HTTPS_PROXY", "http://ann:opensesame@proxy:3128", "ann:opensesame"),
        ("https_proxy", "ann:open%20sesame@proxy:3128", "open sesame"),
        ("ALL_PROXY", "socks5://ann:a@b@proxy", "a@b"),
    ],
)
def test_the_environment_of_a_run_tells_which_passwords_are_secret(
    name: str, address: str, told: str
) -> None:
    redactor = Secrets({name: address}).redactor
    assert told not in redactor.redact(f"cannot reach {told}!")
    assert redactor.redact("ann and the proxy") == "ann and the proxy"
