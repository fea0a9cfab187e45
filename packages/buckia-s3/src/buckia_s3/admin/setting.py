"""The one shape of all settings: look, plan, do, and look whether it was done."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from buckia.errors import AccessDenied, StorageError, VersionMismatch
from buckia_s3.admin.change import Change, Value
from buckia_s3.admin.refusals import explained
from buckia_s3.connection import Connection
from buckia_s3.faults import code_of
from buckia_s3.notes import Notes

W = TypeVar("W")
PATIENCE = (0.0, 1.0, 2.0)
"""Seconds before each look at whether a change has come about."""


class Setting(ABC, Generic[W]):
    """One setting of one bucket; `W` is what is asked for, a document or a word.

    Errors are StorageErrors, and `Unfit` where what is asked for is wrong in itself.
    """

    name: ClassVar[str]
    """As the command has it."""
    noun: ClassVar[str]
    """As it stands in a sentence: this endpoint has no ..."""
    about: ClassVar[str]
    """What it is for, in a line."""
    removal: ClassVar[str]
    """What removing it means, in a line."""
    words: ClassVar[tuple[str, ...]] = ()
    """All that can be asked for, where it is a word."""

    def __init__(
        self,
        connection: Connection,
        notes: Notes,
        *,
        pause: Callable[[float], object] = time.sleep,
        provider: str = "s3",
    ) -> None:
        self._connection = connection
        self._commands = f"buckia {provider}"
        self._remembered = notes
        self._pause = pause

    def get(self) -> Value | None:
        """What is set; None where nothing is."""
        return self._read()

    def plan(self, wanted: W) -> Change:
        """What `put` would do; changes nothing."""
        sound = self.check(wanted)
        before = self.get()
        return self._change(before, self._resulting(before, sound))

    def plan_removal(self) -> Change:
        """What `remove` would do; changes nothing."""
        before = self.get()
        return self._change(before, self._emptied(before))

    def apply(self, change: Change) -> None:
        """Do what was planned, if what is there is still what the plan saw.

        What the bucket honours is tried anew after it: some services know conditions only as long
        as they keep no versions, and a policy may forbid what was allowed.
        """
        if not change.is_needed:
            return
        if self.get() != change.before:
            raise VersionMismatch(
                f"{self._connection.bucket}: somebody has changed the {self.noun} meanwhile",
                hint="look at it again, and then decide again",
            )
        # Before it, for we may be killed; after it, for a run may have tried the bucket meanwhile.
        self._remembered.forget_habits()
        try:
            self._carry_out(change)
        finally:
            self._remembered.forget_habits()

    def put(self, wanted: W) -> Change:
        """Replace the whole setting."""
        change = self.plan(wanted)
        self.apply(change)
        return change

    def remove(self) -> Change:
        """Remove it, or come as near to that as the service can."""
        change = self.plan_removal()
        self.apply(change)
        return change

    @abstractmethod
    def check(self, wanted: W) -> W:
        """What is wanted in its plain form; `Unfit` where it is wrong. Asks nobody."""

    # What the settings differ in

    @abstractmethod
    def _read(self) -> Value | None: ...

    @abstractmethod
    def _resulting(self, before: Value | None, wanted: W) -> Value | None:
        """What will be there."""

    @abstractmethod
    def _write(self, after: Value) -> None: ...

    def _emptied(self, before: Value | None) -> Value | None:  # noqa: ARG002 - others need it
        """What will be there when it is removed."""
        return None

    @abstractmethod
    def _erase(self) -> None: ...

    def _notes(self, before: Value | None, after: Value | None) -> tuple[str, ...]:  # noqa: ARG002 - others need them
        return ()

    # What they have in common

    def _change(self, before: Value | None, after: Value | None) -> Change:
        notes = self._notes(before, after) if before != after else ()
        return Change(setting=self.name, before=before, after=after, notes=notes)

    def _carry_out(self, change: Change) -> None:
        if change.after is not None:
            self._write(change.after)
        else:
            # Only what was seen is removed: a service that knows no such setting could take the
            # request for one to delete the bucket.
            self._erase()
        self._insist(change)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """A request about the setting, whose errors say what they mean for it."""
        try:
            answer = self._connection.call(operation, **arguments)
        except StorageError as error:
            found = explained(error, operation, self.noun, self._connection)
            if found is error:
                raise
            raise found from error.__cause__
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _asked(self, operation: str, absent: str | None) -> dict[str, Any]:
        """The answer; empty where the service says by this code that there is nothing."""
        try:
            return self._call(operation)
        except StorageError as error:
            if code_of(error.__cause__) == absent:
                return {}
            raise

    def _insist(self, change: Change) -> None:
        """Raise where nothing came of it: some services accept what they do not know."""
        for seconds in PATIENCE:
            if seconds:
                self._pause(seconds)
            try:
                if self.get() != change.before:
                    return
            except AccessDenied:
                # The change itself may have taken from us the right to look.
                return
        raise StorageError(
            f"{self._connection.bucket}: the service says that it is done, "
            f"but shows the {self.noun} as before",
            hint=f"look again in a while; an endpoint that has no {self.noun} may answer so",
        )
