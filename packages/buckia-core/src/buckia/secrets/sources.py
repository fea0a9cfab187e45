"""Where a secret comes from: the file, the environment, the keyring, in this order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from buckia.errors import ConfigError
from buckia.secrets.commands import output_of
from buckia.secrets.keyrings import SERVICE, Keyring, ask, no_keyring, system_keyring
from buckia.secrets.redact import Redactor
from buckia.secrets.secret import Secret, variable

_PROXY = re.compile(r"(?:https?|all)_proxy", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
LITERAL = "literal:"


def is_literal(text: str) -> bool:
    """Whether this text is a secret itself, and not a reference to one."""
    return text.startswith(LITERAL) or _SCHEME.match(text) is None


def no_schemes(_reference: str) -> str | None:
    """What answers for other schemes where there are no plugins."""
    return None


class Secrets:
    """Finds the secrets of one run, and remembers them for the redactor.

    `environ` is the environment, `keyring` gives the keyring when it is first needed, `scheme`
    answers references that only a plugin understands, `run` gives a command's output.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        keyring: Callable[[], Keyring | None] = system_keyring,
        scheme: Callable[[str], str | None] = no_schemes,
        run: Callable[[str, Path | None], str] = output_of,
        redactor: Redactor | None = None,
    ) -> None:
        self.redactor = redactor or Redactor()
        self.warnings: list[str] = []
        """What went differently than it should, for the user to see once."""
        self._environ = environ
        self._open_keyring = keyring
        self._keyring: Keyring | None = None
        self._opened = False
        self._scheme = scheme
        self._run = run
        for told in _of_proxies(environ):
            self.redactor.add(told)

    def find(
        self,
        bucket: str,
        key: str,
        given: str | Secret | None = None,
        *,
        directory: Path | None = None,
    ) -> Secret | None:
        """The secret of a bucket's key; None where only the provider may still know one."""
        if given is not None:
            return self.resolve(given, directory=directory)
        found = self._environ.get(variable(bucket, key)) or self._kept(f"{bucket}.{key}")
        return self._known(found) if found else None

    def resolve(self, given: str | Secret, *, directory: Path | None = None) -> Secret:
        """The secret that stands here or is referred to; `ConfigError` where it leads nowhere."""
        text = given.reveal() if isinstance(given, Secret) else self._text(given, directory)
        if not text:
            raise ConfigError(
                "the secret is empty", hint="Leave the key out to have it looked for elsewhere."
            )
        return self._known(text)

    def _text(self, given: str, directory: Path | None) -> str:
        if is_literal(given):
            return given.removeprefix(LITERAL)
        schemes: dict[str, Callable[[str], str]] = {
            "env": self._from_environment,
            "keyring": self._from_keyring,
            "command": lambda rest: self._run(rest, directory),
        }
        scheme, _colon, rest = given.partition(":")
        known = schemes.get(scheme)
        return known(rest) if known else self._from_plugin(given)

    def _known(self, text: str) -> Secret:
        self.redactor.add(text)
        return Secret(text)

    def _kept(self, name: str) -> str | None:
        """What the keyring holds of its own accord; one that is out of order is only a warning."""
        try:
            keyring = self._ring()
            return ask(keyring, SERVICE, name) if keyring is not None else None
        except ConfigError as error:
            if error.message not in self.warnings:
                self.warnings.append(error.message)
            return None

    def _ring(self) -> Keyring | None:
        if not self._opened:
            self._keyring = self._open_keyring()
            self._opened = True
        return self._keyring

    def _from_environment(self, name: str) -> str:
        if name not in self._environ:
            raise ConfigError(
                f'the variable "{name}" is not set', hint=f"Set it with: export {name}=..."
            )
        return self._environ[name]

    def _from_keyring(self, entry: str) -> str:
        service, _slash, user = entry.rpartition("/")
        if not service or not user:
            raise ConfigError("a reference to the keyring is keyring:SERVICE/USER")
        keyring = self._ring()
        if keyring is None:
            raise no_keyring()
        found = ask(keyring, service, user)
        if found is None:
            raise ConfigError(f'the keyring holds nothing for the user "{user}" of "{service}"')
        return found

    def _from_plugin(self, reference: str) -> str:
        found = self._scheme(reference)
        if found is None:
            # Nothing of it is shown: it may be the secret itself.
            raise ConfigError(
                "this looks like a reference, and no installed plugin knows its scheme",
                hint="Install the plugin for it. If it is the secret itself, put literal: before.",
            )
        return found


def _of_proxies(environ: Mapping[str, str]) -> Iterator[str]:
    """The passwords in the addresses of proxies, which SDKs use without asking us."""
    for name, address in environ.items():
        if _PROXY.fullmatch(name) and "@" in address:
            user = address.rpartition("@")[0].rpartition("/")[2]
            password = user.partition(":")[2]
            # In the header it stands together with the name.
            yield from (text for text in (user, unquote(user)) if password)
            yield from (text for text in (password, unquote(password)) if text)
