"""The operating system's keyring, where there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from buckia.errors import ConfigError
from buckia.secrets.secret import Secret, variable

SERVICE = "buckia"
INSTEAD = "use a variable of the environment (env:NAME) or the output of a command (command:LINE)"


class Keyring(Protocol):
    """What we ask of the library `keyring`, or of a stand-in."""

    def get_password(self, service: str, username: str, /) -> str | None: ...
    def set_password(self, service: str, username: str, password: str, /) -> None: ...
    def delete_password(self, service: str, username: str, /) -> None: ...


def system_keyring() -> Keyring | None:
    """The keyring of this machine; None where the library or a place to keep things is missing."""
    is_loaded = "keyring" in sys.modules  # then somebody may have chosen one
    if sys.platform == "linux" and not is_loaded and not _may_be_there(os.environ):
        return None
    try:
        import keyring
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
        # "fail" and "null", which stand where nothing real was found, have no priority above 0.
        usable = backend.priority > 0
    except Exception as error:
        # Backends are third-party code that talks to D-Bus and others; all of it may break.
        raise _trouble("opened", error) from error
    return backend if usable else None


def _may_be_there(environ: Mapping[str, str]) -> bool:
    """Whether there is any way to a keyring; the library takes a quarter of a second to find none.

    Those of a desktop are reached by its bus. Others are chosen in a file or a variable, or come
    with packages of their own.
    """
    if environ.keys() & {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "PYTHON_KEYRING_BACKEND"}:
        return True
    running = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}")
    settings = Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    chosen = settings / "python_keyring" / "keyringrc.cfg"
    if (running / "bus").exists() or chosen.exists():
        return True
    from importlib.metadata import entry_points

    backends = entry_points(group="keyring.backends")
    return any(not one.value.startswith("keyring.backends.") for one in backends)


def ask(keyring: Keyring, service: str, user: str) -> str | None:
    """What the keyring holds; None for nothing, `ConfigError` where it does not answer."""
    try:
        return keyring.get_password(service, user)
    except Exception as error:
        # As above: a locked ring, a dismissed dialog, a lost bus, each with its own class.
        raise _trouble("asked", error) from error


def recall(name: str, keyring: Keyring | None) -> Secret:
    """The secret that is kept under `<bucket>.<key>`."""
    found = ask(_usable(keyring, name), SERVICE, _checked(name))
    if found is None:
        raise _nothing(name)
    return Secret(found)


def remember(name: str, secret: Secret, keyring: Keyring | None) -> None:
    """Keep a secret under `<bucket>.<key>`, and see that it is really there."""
    ring = _usable(keyring, name)
    user = _checked(name)
    if not secret.reveal():
        raise ConfigError(f'the secret for "{name}" is empty')
    try:
        ring.set_password(SERVICE, user, secret.reveal())
    except Exception as error:
        # As above.
        raise _trouble("written to", error) from error
    if ask(ring, SERVICE, user) != secret.reveal():
        raise ConfigError(
            f'the keyring took the secret for "{name}" but does not give it back',
            hint=f"Instead {INSTEAD}.",
        )


def forget(name: str, keyring: Keyring | None) -> None:
    """Remove what is kept under `<bucket>.<key>`."""
    ring = _usable(keyring, name)
    user = _checked(name)
    if ask(ring, SERVICE, user) is None:
        raise _nothing(name)
    try:
        ring.delete_password(SERVICE, user)
    except Exception as error:
        # As above.
        raise _trouble("changed", error) from error


def no_keyring() -> ConfigError:
    return ConfigError(
        "this machine has no keyring that Buckia could use",
        hint=f'Install one with: pip install "buckia-core[keyring]". Or {INSTEAD}.',
    )


def _usable(keyring: Keyring | None, name: str) -> Keyring:
    if keyring is not None:
        return keyring
    error = no_keyring()
    bucket, _dot, key = name.rpartition(".")
    if bucket and key:
        error.hint = f"Set the variable {variable(bucket, key)} instead. {error.hint}"
    raise error


def _checked(name: str) -> str:
    bucket, _dot, key = name.rpartition(".")
    if not bucket or not key or name != name.strip():
        raise ConfigError(
            f'"{name}" is no name of a secret', hint="Names are BUCKET.KEY, such as assets.api_key."
        )
    return name


def _nothing(name: str) -> ConfigError:
    return ConfigError(
        f'the keyring holds nothing under "{name}"', hint=f"Add it with: buckia secrets set {name}"
    )


def _trouble(done: str, error: Exception) -> ConfigError:
    reason = str(error).strip() or type(error).__name__
    return ConfigError(f"the keyring could not be {done}: {reason}", hint=f"Or {INSTEAD}.")
