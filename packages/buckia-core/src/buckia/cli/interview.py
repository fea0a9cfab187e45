"""The questions of `buckia init`, and the answers where nobody is there to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buckia.cli.options import fields, secret_keys
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError

LOCAL = "local"


class Interview:
    """Asks on the terminal; without one, or with --yes, takes what is given or the default."""

    def __init__(self, session: Session, *, asking: bool) -> None:
        self._session = session
        self.asking = asking

    def text(self, given: str | None, question: str, default: str = "") -> str:
        """An answer; empty where there is none and none is needed."""
        if given is not None or not self.asking:
            return given if given is not None else default
        shown_default = f" [{default}]" if default else ""
        return self._line(f"{question}{shown_default}: ").strip() or default

    def required(self, given: str | None, question: str, option: str, default: str = "") -> str:
        """An answer that has to be given; without one the error names the option."""
        while True:
            found = self.text(given, question, default)
            if found:
                return found
            if not self.asking:
                raise ConfigError(
                    f"{option} is needed",
                    hint="Give it as an option, or run init on a terminal, where it asks.",
                )
            self._session.output.tell("This one is needed.")

    def yes(self, question: str, *, default: bool) -> bool:
        if not self.asking:
            return default
        choice = "Y/n" if default else "y/N"
        while True:
            answer = self._line(f"{question} [{choice}]: ").strip().lower()
            if not answer:
                return default
            if answer in {"y", "yes", "n", "no"}:
                return answer.startswith("y")

    def _line(self, prompt: str) -> str:
        terminal = self._session.terminal
        terminal.stderr.write(prompt)
        terminal.stderr.flush()
        line = terminal.stdin.readline()
        if not line:
            raise ConfigError("the answers ended too early, so nothing was written")
        return line


def provider_name(interview: Interview, session: Session, given: str | None) -> str:
    """The kind of storage; an unknown one is asked again."""
    names = session.plugins.names()
    default = LOCAL if LOCAL in names else ""
    while True:
        question = f"Which kind of storage ({', '.join(map(shown, names))})?"
        name = interview.required(given, question, "--provider", default)
        if name in names or not interview.asking or given is not None:
            # Also where it is wrong: loading it says best what is wrong with it.
            return name
        session.output.tell(
            f'"{shown(name)}" is not installed; `pip install buckia-NAME` adds one.'
        )


def own_keys(
    interview: Interview, session: Session, name: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The provider's keys that have no default and are no secrets."""
    provider = session.plugins.provider(name)
    secret = secret_keys(provider)
    found = dict(given)
    for key, field in fields(provider).items():
        if field.required and key not in secret and key not in found:
            found[key] = interview.required(None, f"{key}?", f"--set {key}=...")
    return found
