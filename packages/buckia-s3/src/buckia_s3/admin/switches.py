"""The settings that are on, or suspended, or were never touched."""

from __future__ import annotations

from typing import ClassVar

from buckia_s3.admin.change import Value
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.unfit import Unfit

_STATUS = {"on": "Enabled", "off": "Suspended"}
_KEPT = ("Status", "MFADelete")


class Switch(Setting[str]):
    """Once it was on, a service can only suspend it."""

    words = tuple(_STATUS)
    argument: ClassVar[str]
    getting: ClassVar[str]
    putting: ClassVar[str]

    def check(self, wanted: str) -> str:
        if wanted not in self.words:
            raise Unfit(f"{self.name} is {' or '.join(self.words)}, not {wanted!r}")
        return wanted

    def _read(self) -> Value | None:
        answer = self._call(self.getting)
        return {key: answer[key] for key in _KEPT if key in answer} or None

    def _resulting(self, before: Value | None, wanted: str) -> Value | None:
        if wanted == "off":
            return self._emptied(before)
        return {**(before or {}), "Status": _STATUS["on"]}

    def _emptied(self, before: Value | None) -> Value | None:
        """Off: what never was on stays untouched, and all else is suspended."""
        return None if before is None else {**before, "Status": _STATUS["off"]}

    def _write(self, after: Value) -> None:
        self._call(self.putting, **{self.argument: {"Status": after["Status"]}})

    def _erase(self) -> None:
        raise AssertionError("a switch is suspended, never erased")


class Versioning(Switch):
    name = "versioning"
    noun = "versioning"
    about = "Whether the bucket keeps what is replaced or deleted."
    removal = "Suspend versioning; once it was on, it can never be off again."
    argument = "VersioningConfiguration"
    getting = "get_bucket_versioning"
    putting = "put_bucket_versioning"

    def _notes(self, before: Value | None, after: Value | None) -> tuple[str, ...]:
        if after is not None and after["Status"] == _STATUS["off"]:
            return (
                "Versioning is only suspended: once it was on, it can never be off again.",
                "The versions that are there stay, and take room, until somebody deletes them.",
            )
        stays = "What is replaced or deleted from now on stays in the bucket, and takes room."
        if before is None:
            return (stays, "Once versioning was on, it can never be off again, only suspended.")
        return (stays,)


class Acceleration(Switch):
    name = "accelerate"
    noun = "transfer acceleration"
    about = "Whether the bucket can be reached through the service's network near you."
    removal = "Suspend transfer acceleration."
    argument = "AccelerateConfiguration"
    getting = "get_bucket_accelerate_configuration"
    putting = "put_bucket_accelerate_configuration"

    def _notes(self, before: Value | None, after: Value | None) -> tuple[str, ...]:  # noqa: ARG002 - the shape of all
        if after is not None and after["Status"] == _STATUS["on"]:
            return ("Transfers that it speeds up cost more; `accelerate: true` makes use of it.",)
        return ("Buckets with `accelerate: true` in a .buckia file can then not be reached.",)
