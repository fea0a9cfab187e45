"""The settings that are documents: CORS, the life of objects, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.model import StructureShape

from buckia_s3.admin.change import Value
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.shapes import argument_shape, fitted, plain
from buckia_s3.admin.unfit import Unfit

NOTHING: Mapping[str, str] = {}


class Document(Setting[Value]):
    """A setting whose form the SDK knows, given as the AWS command line takes it."""

    operation: ClassVar[str]
    """The request that sets it, in the words of the SDK's model."""
    argument: ClassVar[str]
    getting: ClassVar[str]
    putting: ClassVar[str]
    deleting: ClassVar[str] = ""
    """Empty where the service has no such request, and an empty document removes all."""
    absent: ClassVar[str | None] = None
    """How the service says that there is none; None where it answers with an empty one."""
    identifier: ClassVar[str] = ""
    """The key of the names that the service gives to rules without one."""
    beside: ClassVar[Mapping[str, str]] = NOTHING
    """Other arguments of the same request, with what the service takes where they are missing."""

    def check(self, wanted: Value) -> Value:
        own, others = self._parted(wanted)
        sound = _filled(fitted(own, self._shape))
        for key, value in others.items():
            fitted(value, argument_shape(self.operation, key), key)
        if not sound:
            hint = f"to remove it: {self._commands} {self.name} rm"
            raise Unfit(f"this holds no {self.noun}", hint=hint)
        return {**sound, **others}

    @property
    def _shape(self) -> StructureShape:
        shape = argument_shape(self.operation, self.argument)
        assert isinstance(shape, StructureShape)
        return shape

    def _parted(self, value: Any) -> tuple[Any, dict[str, Any]]:
        """The document itself, and the other arguments; what is no mapping is left as it is."""
        if not isinstance(value, Mapping):
            return value, {}
        others = {key: value[key] for key in self.beside if key in value}
        return {key: one for key, one in value.items() if key not in others}, others

    def _read(self) -> Value | None:
        own, others = self._parted(plain(self._asked(self.getting, self.absent)))
        known = _filled({key: one for key, one in own.items() if key in self._shape.members})
        return {**known, **others} if known else None

    def _resulting(self, before: Value | None, wanted: Value) -> Value:
        if before is None:
            return wanted
        unsaid = {
            key: usual
            for key, usual in self.beside.items()
            if key not in wanted and before.get(key) == usual
        }
        return {**_named_alike(before, wanted, self.identifier), **unsaid}

    def _write(self, after: Value) -> None:
        own, others = self._parted(after)
        self._call(self.putting, **{self.argument: own}, **others)

    def _erase(self) -> None:
        if self.deleting:
            self._call(self.deleting)
        else:
            self._call(self.putting, **{self.argument: {}})


class Cors(Document):
    name = "cors"
    noun = "CORS rules"
    about = "Which web pages elsewhere may use the bucket: its CORS rules, as JSON."
    removal = "Remove all CORS rules."
    operation = "PutBucketCors"
    argument = "CORSConfiguration"
    getting = "get_bucket_cors"
    putting = "put_bucket_cors"
    deleting = "delete_bucket_cors"
    absent = "NoSuchCORSConfiguration"
    identifier = "ID"


class Lifecycle(Document):
    name = "lifecycle"
    noun = "lifecycle rules"
    about = "When objects move or are deleted by themselves: the lifecycle rules, as JSON."
    removal = "Remove all lifecycle rules."
    operation = "PutBucketLifecycleConfiguration"
    argument = "LifecycleConfiguration"
    getting = "get_bucket_lifecycle_configuration"
    putting = "put_bucket_lifecycle_configuration"
    deleting = "delete_bucket_lifecycle"
    absent = "NoSuchLifecycleConfiguration"
    identifier = "ID"
    beside: ClassVar[Mapping[str, str]] = {
        "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"
    }


class Notifications(Document):
    name = "notifications"
    noun = "notifications"
    about = "Who is told of what happens in the bucket: its notifications, as JSON."
    removal = "Remove all notifications."
    operation = "PutBucketNotificationConfiguration"
    argument = "NotificationConfiguration"
    getting = "get_bucket_notification_configuration"
    putting = "put_bucket_notification_configuration"
    identifier = "Id"

    def _read(self) -> Value | None:
        found = super()._read()
        for rules in (found or {}).values():
            for rule in rules if isinstance(rules, list) else ():
                for one in rule.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
                    # AWS gives back `Prefix` where `prefix` was set.
                    one["Name"] = one["Name"].lower()
        return found


def _filled(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without lists that hold nothing; an empty mapping may mean something."""
    return {key: one for key, one in value.items() if one != []}


def _named_alike(before: Value, wanted: Value, name: str) -> dict[str, Any]:
    """What is wanted, where rules without a name take that of a rule which is otherwise equal.

    The service names them itself, and would otherwise seem to hold another rule each time.
    """
    found: dict[str, Any] = {}
    for key, rules in wanted.items():
        if not isinstance(rules, list):
            found[key] = rules
            continue
        there = [one for one in before.get(key, ()) if name in one and one not in rules]
        found[key] = [_named(rule, there, name) for rule in rules]
    return found


def _named(rule: Value, there: list[Value], name: str) -> Value:
    if name in rule:
        return rule
    for number, one in enumerate(there):
        if {key: value for key, value in one.items() if key != name} == rule:
            return there.pop(number)
    return rule
