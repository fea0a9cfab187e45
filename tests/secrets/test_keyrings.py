import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from buckia.errors import ConfigError
from buckia.secrets import Secret, forget, recall, remember, system_keyring


class Backend(KeyringBackend):
    """A real backend of the library, whose place is a dict."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # the library says no types here
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Backend):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Locked(Backend):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("the ring is locked")

    set_password = get_password  # type: ignore[assignment]


@pytest.fixture
def chosen() -> Iterator[None]:
    before = keyring.core._keyring_backend
    yield
    keyring.core._keyring_backend = before


@pytest.fixture
def backend(chosen: None) -> Backend:
    made = Backend()
    keyring.set_keyring(made)
    return made


def test_a_secret_is_kept_under_bucket_and_key(backend: Backend) -> None:
    remember("my.assets.api_key", Secret("hunter2"), system_keyring())
    assert backend.kept == {("buckia", "my.assets.api_key"): "hunter2"}
    assert recall("my.assets.api_key", system_keyring()) == Secret("hunter2")
    forget("my.assets.api_key", system_keyring())
    assert backend.kept == {}


def test_what_is_not_kept_is_an_error(backend: Backend) -> None:
    for ask in (recall, forget):
        with pytest.raises(ConfigError) as caught:
            ask("a.k", system_keyring())
        assert caught.value.message == 'the keyring holds nothing under "a.k"'
        assert caught.value.hint == "Add it with: buckia secrets set a.k"


@pytest.mark.parametrize("name", ["", "a", "a.", ".k", " a.k"])
def test_a_name_is_a_bucket_and_a_key(backend: Backend, name: str) -> None:
    for call in (
        lambda: recall(name, backend),
        lambda: forget(name, backend),
        lambda: remember(name, Secret("x"), backend),
    ):
        with pytest.raises(ConfigError, match="is no name of a secret"):
            call()
    assert backend.kept == {}


def test_an_empty_secret_is_not_kept(backend: Backend) -> None:
    with pytest.raises(ConfigError, match=r'the secret for "a\.k" is empty'):
        remember("a.k", Secret(""), backend)


def test_a_keyring_that_keeps_nothing_is_found_out(chosen: None) -> None:
    with pytest.raises(ConfigError, match="does not give it back"):
        remember("a.k", Secret("x"), Forgetful())


@pytest.mark.parametrize("call", [recall, forget])
def test_a_locked_keyring_is_an_error_in_a_sentence(call: object) -> None:
    with pytest.raises(ConfigError) as caught:
        call("a.k", Locked())  # type: ignore[operator]
    assert caught.value.message == "the keyring could not be asked: the ring is locked"
    assert "env:NAME" in caught.value.hint


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_stand_ins_of_the_library_are_no_keyring(chosen: None, backend: type) -> None:
    keyring.set_keyring(backend())
    assert system_keyring() is None


def test_without_a_keyring_the_error_names_the_variable_to_set() -> None:
    for call in (
        lambda: recall("my-assets.api_key", None),
        lambda: forget("my-assets.api_key", None),
        lambda: remember("my-assets.api_key", Secret("x"), None),
    ):
        with pytest.raises(ConfigError) as caught:
            call()
        assert "no keyring" in caught.value.message
        assert "Set the variable BUCKIA_MY_ASSETS_API_KEY instead." in caught.value.hint


def run(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_without_the_library_there_is_no_keyring() -> None:
    code = "import sys; sys.modules['keyring'] = None; "
    code += "from buckia.secrets import Secrets, system_keyring; "
    code += "print(system_keyring(), Secrets({}).find('a', 'k'))"
    assert run(code) == "None None"


def test_a_keyring_that_cannot_be_opened_is_an_error_in_a_sentence() -> None:
    code = "from buckia.secrets import system_keyring\n"
    code += "from buckia.errors import ConfigError\n"
    code += "try: system_keyring()\nexcept ConfigError as error: print(error)"
    said = run(code, PYTHON_KEYRING_BACKEND="no.such.Backend")
    assert said == "the keyring could not be opened: No module named 'no'"


def test_importing_secrets_imports_neither_keyring_nor_other_heavy_modules() -> None:
    code = "import sys, buckia.secrets, buckia.config; "
    code += "print([m for m in ('keyring', 'yaml', 'subprocess', 'logging', 'tomllib', "
    code += "'importlib.metadata', 'difflib', 'rich', 'click') if m in sys.modules])"
    assert run(code) == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always one to ask")
def test_the_library_is_not_loaded_where_there_is_no_way_to_a_keyring(tmp_path: Path) -> None:
    code = "import sys; from buckia.secrets import system_keyring; system_keyring()"
    code += "; print('keyring' in sys.modules)"
    nothing = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    settings = tmp_path / "set" / "python_keyring" / "keyringrc.cfg"
    settings.parent.mkdir(parents=True)
    settings.touch()
    bus = tmp_path / "run" / "bus"
    bus.parent.mkdir()
    bus.touch()

    def loads(**more: str) -> str:
        environ = {**nothing, **more}
        return subprocess.check_output([sys.executable, "-c", code], env=environ, text=True).strip()

    assert loads() == "False"
    for found in (
        {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"},
        {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        {"XDG_CONFIG_HOME": str(tmp_path / "set")},
        {"XDG_RUNTIME_DIR": str(bus.parent)},
    ):
        assert loads(**found) == "True", found
