"""The hooks that a plugin may implement; each is a function of that name and those arguments."""

from __future__ import annotations

from typing import Any

import pluggy

from buckia.provider import Provider

PROJECT = "buckia"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """The specifications that implementations are checked against when they are registered."""

    @hookspec(firstresult=True)
    def buckia_provider(self) -> Provider[Any]:
        """The provider of this module; asked of one module alone, in the group `buckia`."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def buckia_secret(self, reference: str) -> str | None:
        """The text that a reference such as `op://vault/item` stands for; None for a stranger's.

        The first plugin that knows the scheme wins. One that knows it but cannot deliver raises.
        """

    @hookspec
    def buckia_before_sync(self, plan: Any) -> None:
        """Called with the plan before anything is changed; raising stops the sync."""

    @hookspec
    def buckia_after_sync(self, result: Any) -> None:
        """Called with what became of the sync, also when keys failed."""

    @hookspec
    def buckia_commands(self, cli: Any) -> None:
        """Adds the provider's own commands to `cli`, a click group reached as `buckia NAME`."""
