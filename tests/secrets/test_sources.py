import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.errors import ConfigError
from buckia.secrets import Keyring, Secret, Secrets, is_literal, variable
from buckia.secrets.commands import output_of


class Ring(dict[tuple[str, str], str]):
    """A keyring that is a dict, and remembers what it was asked."""

    def __init__(self, *args: dict[tuple[str, str], str]) -> None:
        super().__init__(*args)
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str, /) -> str | None:
        self.asked.append((service, username))
        return self.get((service, username))

    def set_password(self, service: str, username: str, password: str, /) -> None:
        self[service, username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        del self[service, username]


class LockedRing(Ring):
    def get_password(self, service: str, username: str, /) -> str | None:
        raise RuntimeError("the dialog was dismissed")


def secrets(
    environ: dict[str, str] | None = None,
    ring: Keyring | None = None,
    scheme: Callable[[str], str | None] = lambda _reference: None,
) -> Secrets:
    return Secrets(environ or {}, keyring=lambda: ring, scheme=scheme)


FILE = "env:FROM_FILE"
ENVIRON = {"FROM_FILE": "file", "BUCKIA_MY_ASSETS_API_KEY": "environ"}
KEPT = {("buckia", "my-assets.api_key"): "keyring"}


def test_the_file_comes_before_the_environment_and_that_before_the_keyring() -> None:
    ring = Ring(KEPT)
    full = secrets(ENVIRON, ring)
    assert full.find("my-assets", "api_key", FILE) == Secret("file")
    assert full.find("my-assets", "api_key") == Secret("environ")
    assert ring.asked == []
    assert secrets({}, ring).find("my-assets", "api_key") == Secret("keyring")
    assert secrets({}, Ring()).find("my-assets", "api_key") is None
    assert secrets({}, None).find("my-assets", "api_key") is None


@pytest.mark.parametrize(
    ("bucket", "key", "name"),
    [
        ("assets", "api_key", "BUCKIA_ASSETS_API_KEY"),
        ("my-assets.2", "key", "BUCKIA_MY_ASSETS_2_KEY"),
        ("büro", "k", "BUCKIA_B_RO_K"),
    ],
)
def test_the_variable_is_upper_case_with_underscores(bucket: str, key: str, name: str) -> None:
    assert variable(bucket, key) == name


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert secrets({"BUCKIA_A_K": ""}, Ring({("buckia", "a.k"): "kept"})).find("a", "k") == Secret(
        "kept"
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("hunter2", "hunter2"),
        ("literal:env:X", "env:X"),
        ("literal:literal:", "literal:"),
        ("literal::", ":"),
        (":x", ":x"),
        ("a b:c", "a b:c"),
        ("pass/word:x", "pass/word:x"),
        ("-----BEGIN KEY-----\nabc\n", "-----BEGIN KEY-----\nabc\n"),
        ("env:NAME", "from env"),
        ("keyring:service/user", "from ring"),
        ("keyring:https://host/path/user", "from ring 2"),
        ("op://vault/item", "plugin knows op://vault/item"),
    ],
)
def test_what_stands_in_the_file_leads_to_the_secret(given: str, text: str) -> None:
    ring = Ring({("service", "user"): "from ring", ("https://host/path", "user"): "from ring 2"})
    found = secrets(
        {"NAME": "from env"},
        ring,
        lambda ref: f"plugin knows {ref}" if ref.startswith("op:") else None,
    )
    assert found.resolve(given) == Secret(text)
    assert found.redactor.redact(text) == "***" or len(text) < 4


@pytest.mark.parametrize(
    ("given", "literal"),
    [
        ("hunter2", True),
        ("literal:env:X", True),
        ("a b:c", True),
        ("env:X", False),
        ("op://x", False),
        ("ENV:X", False),
    ],
)
def test_a_literal_secret_is_told_from_a_reference(given: str, literal: bool) -> None:
    assert is_literal(given) is literal


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("env:NOPE", 'the variable "NOPE" is not set'),
        ("env:", 'the variable "" is not set'),
        ("env:EMPTY", "the secret is empty"),
        ("", "the secret is empty"),
        ("literal:", "the secret is empty"),
        (Secret(""), "the secret is empty"),
        ("keyring:user", "a reference to the keyring is keyring:SERVICE/USER"),
        ("keyring:/user", "a reference to the keyring is keyring:SERVICE/USER"),
        ("keyring:a/b", 'the keyring holds nothing for the user "b" of "a"'),
        (
            "sesame:open",
            "this looks like a reference, and no installed plugin knows its scheme",
        ),
        ("ENV:X", "this looks like a reference, and no installed plugin knows its scheme"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(given: str | Secret, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        secrets({"EMPTY": ""}, Ring()).resolve(given)
    assert caught.value.message == message


def test_a_reference_to_a_keyring_that_is_not_there_says_what_to_use_instead() -> None:
    with pytest.raises(ConfigError) as caught:
        secrets().resolve("keyring:a/b")
    assert caught.value.message == "this machine has no keyring that Buckia could use"
    for way in ("pip install", "env:NAME", "command:LINE"):
        assert way in caught.value.hint


def test_a_keyring_out_of_order_stops_a_reference_but_only_warns_otherwise() -> None:
    found = secrets({}, LockedRing())
    assert found.find("a", "k") is None
    assert found.find("a", "l") is None
    assert found.warnings == ["the keyring could not be asked: the dialog was dismissed"]
    with pytest.raises(ConfigError, match="the keyring could not be asked"):
        found.resolve("keyring:a/b")


def test_the_keyring_is_opened_once_and_only_when_needed() -> None:
    opened: list[Ring] = []

    def keyring() -> Ring:
        opened.append(Ring())
        return opened[-1]

    found = Secrets({"BUCKIA_A_K": "x"}, keyring=keyring)
    found.find("a", "k")
    found.resolve("literal")
    assert opened == []
    found.find("a", "l")
    found.find("a", "m")
    assert len(opened) == 1


def python(code: str) -> str:
    return f"command:'{Path(sys.executable).as_posix()}' -c '{code}'"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ('print("sesame")', "sesame"),
        ('print("two\\nlines\\n\\n")', "two\nlines"),
        ('print("sesame", end="\\r\\n")', "sesame"),
        ('print(" spaces ", end="")', " spaces "),
        ('print("$HOME | *")', "$HOME | *"),
        ("import sys; print(repr(sys.stdin.read()))", "''"),
    ],
)
def test_a_command_gives_its_output_without_a_shell(code: str, text: str) -> None:
    assert secrets().resolve(python(code)) == Secret(text)


def test_a_failing_command_says_its_complaint_and_never_its_output() -> None:
    code = (
        'import sys; print("hunter2"); print("no\\n  vault\\x1b[0m", file=sys.stderr); sys.exit(3)'
    )
    with pytest.raises(ConfigError) as caught:
        secrets().resolve(python(code))
    assert caught.value.message.endswith('" failed with 3: no vault[0m')
    assert "hunter2" not in caught.value.message


def test_a_long_complaint_is_cut() -> None:
    with pytest.raises(ConfigError) as caught:
        secrets().resolve(python('import sys; sys.exit("x" * 9000)'))
    assert len(caught.value.message) < 700


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the command line is empty"),
        ("'a", "the command line cannot be split into words: No closing quotation"),
        ("buckia-no-such-command x", 'the command "buckia-no-such-command" was not found'),
        ("/", 'the command "/" cannot be run'),
        ("a\x00b", 'the command "a\x00b" cannot be run'),
    ],
)
def test_a_command_that_cannot_be_run_is_an_error(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        output_of(line, None)
    assert caught.value.message.startswith(message)


def test_a_command_that_prints_no_text_is_an_error_that_does_not_hold_it() -> None:
    line = python('import os; os.write(1, b"hunter2\\xff")').removeprefix("command:")
    with pytest.raises(ConfigError, match="printed something that is no text") as caught:
        output_of(line, None)
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None


def test_a_command_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buckia.secrets.commands.SECONDS", 0.3)
    line = python("import threading; threading.Event().wait(30)").removeprefix("command:")
    with pytest.raises(ConfigError, match=r"gave no answer in 0.3 s"):
        output_of(line, None)


def test_a_command_that_prints_nothing_is_an_error() -> None:
    with pytest.raises(ConfigError, match="the secret is empty"):
        secrets().resolve(python("pass"))
