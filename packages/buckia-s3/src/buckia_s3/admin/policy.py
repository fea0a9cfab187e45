"""The policy of a bucket: who may do what with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from buckia.config import suggestion
from buckia.config.checks import found
from buckia.errors import AccessDenied, StorageError
from buckia_s3.admin.change import Value
from buckia_s3.admin.refusals import blocks_public
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.shapes import inside
from buckia_s3.admin.unfit import Unfit

_KEYS = ("Version", "Id", "Statement")
_CHOICES = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
"""Of each pair a statement has exactly one."""
_OF_STATEMENT = ("Sid", "Effect", "Condition", *(key for pair in _CHOICES for key in pair))
_EFFECTS = ("Allow", "Deny")


class Policy(Setting[Value]):
    name = "policy"
    noun = "bucket policy"
    about = "Who may do what with the bucket: its policy, as JSON."
    removal = "Remove the policy."

    def check(self, wanted: Value) -> Value:
        _keys(wanted, _KEYS, "")
        if "Statement" not in wanted:
            raise Unfit("the key is missing", place="Statement")
        statements = wanted["Statement"]
        if isinstance(statements, Mapping):
            _statement(statements, "Statement")
        elif isinstance(statements, list | tuple) and statements:
            for number, one in enumerate(statements):
                _statement(one, f"Statement[{number}]")
        else:
            hint = f"to remove the policy: {self._commands} policy rm"
            raise Unfit("expected a list of statements", place="Statement", hint=hint)
        return wanted

    def _read(self) -> Value | None:
        text = self._asked("get_bucket_policy", "NoSuchBucketPolicy").get("Policy")
        if not text:
            return None
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            # A service that knows no policies may answer with a listing.
            where = self._connection.where
            raise StorageError(f"this endpoint has no {self.noun} ({where.endpoint})")
        return value

    def _resulting(self, before: Value | None, wanted: Value) -> Value:
        return before if before is not None and _same(before, wanted) else wanted

    def _write(self, after: Value) -> None:
        try:
            self._call("put_bucket_policy", Policy=json.dumps(after))
        except AccessDenied as error:
            if not (
                is_public(after) and blocks_public(self._connection, "BlockPublicPolicy", error)
            ):
                raise
            raise AccessDenied(
                f"{self._connection.bucket}: public access is blocked for this bucket, and the "
                "policy would let everybody in",
                hint="name in Principal who may; or, if it is to be public, let its owner switch "
                "off Block Public Access (BlockPublicPolicy) for the bucket or the account",
            ) from error

    def _erase(self) -> None:
        self._call("delete_bucket_policy")


def _same(one: Value, other: Value) -> bool:
    """Whether they mean the same: services write lists of one, and the order of lists, anew."""
    return bool(_meaning(one) == _meaning(other))


def _meaning(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _meaning(one) for key, one in value.items()}
        case list() | tuple():
            rows = [_meaning(one) for one in value]
            if all(isinstance(one, str) for one in rows):
                rows.sort()
            return rows[0] if len(rows) == 1 else rows
    return value


def is_public(policy: Value) -> bool:
    """Whether it allows something to everybody without a condition."""
    statements = policy["Statement"]
    rows = [statements] if isinstance(statements, Mapping) else statements
    return any(
        row["Effect"] == "Allow" and not row.get("Condition") and _everybody(row.get("Principal"))
        for row in rows
    )


def _everybody(principal: Any) -> bool:
    match principal:
        case Mapping():
            return _everybody(principal.get("AWS"))
        case list() | tuple():
            return "*" in principal
    return bool(principal == "*")


def _statement(value: Any, place: str) -> None:
    _keys(value, _OF_STATEMENT, place)
    if value.get("Effect") not in _EFFECTS:
        problem = f"expected {' or '.join(_EFFECTS)}, found {found(value.get('Effect'))}"
        raise Unfit(problem, place=inside(place, "Effect"))
    for pair in _CHOICES:
        if sum(key in value for key in pair) != 1:
            raise Unfit(f"a statement has either {' or '.join(pair)}", place=place)


def _keys(value: Any, known: tuple[str, ...], place: str) -> None:
    if not isinstance(value, Mapping):
        raise Unfit(f"expected a mapping, found {found(value)}", place=place)
    for key in value:
        if key not in known:
            hint = suggestion(str(key), known) or f"Keys here: {', '.join(known)}."
            raise Unfit("unknown key", place=inside(place, key), hint=hint)
