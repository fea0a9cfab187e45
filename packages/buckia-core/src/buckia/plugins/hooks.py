"""The hooks that a plugin may implement; each is a function of that name and those arguments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
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

    @hookspec(firstresult=True)
    def buckia_demo(self) -> AbstractContextManager[Mapping[str, object]]:
        """A stand-in of the provider's service for `buckia demo`; asked of one module alone.

        Entering starts it on this machine, where it needs no network and no account, and gives
        the keys of an empty bucket on it as they stand in a `.buckia` file: `bucket_name` and
        whatever else leads there, secrets too, but not `provider`. Leaving ends it, and tells
        nothing of an error that the tour may have ended with.
        """
        raise NotImplementedError
