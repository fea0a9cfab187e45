"""The access list of a bucket, which is older and coarser than its policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from buckia.errors import AccessDenied, StorageError, Unavailable
from buckia_s3.admin.change import Value
from buckia_s3.admin.refusals import blocks_public
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.unfit import Unfit
from buckia_s3.faults import code_of

_PRIVATE = "private"
_GROUPS = "http://acs.amazonaws.com/groups/global/"
_OTHERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    _PRIVATE: (),
    "public-read": (("AllUsers", "READ"),),
    "public-read-write": (("AllUsers", "READ"), ("AllUsers", "WRITE")),
    "authenticated-read": (("AuthenticatedUsers", "READ"),),
}
"""What others than the owner get by each word that a bucket takes."""


class AccessList(Setting[str]):
    name = "acl"
    noun = "access list"
    about = "Who besides the owner may list the bucket or write to it: its access list."
    removal = "Give the bucket to its owner alone: the access list becomes private."
    words = tuple(_OTHERS)

    def check(self, wanted: str) -> str:
        if wanted not in self.words:
            raise Unfit(f"an access list is one of {', '.join(self.words)}, not {wanted!r}")
        return wanted

    def _read(self) -> Value:
        answer = self._call("get_bucket_acl")
        grants = [
            # Names for show come and go; the ID says who it is.
            {**row, "Grantee": {k: v for k, v in row["Grantee"].items() if k != "DisplayName"}}
            for row in answer.get("Grants", ())
        ]
        return {"Owner": answer.get("Owner", {}), "Grants": _sorted(grants)}

    def _resulting(self, before: Value | None, wanted: str) -> Value:
        assert before is not None
        after = _granted(before["Owner"], wanted)
        if after != before:
            self._insist_on_lists()
        return after

    def _emptied(self, before: Value | None) -> Value:
        return self._resulting(before, _PRIVATE)

    def _write(self, after: Value) -> None:
        [word] = (one for one in self.words if _granted(after["Owner"], one) == after)
        try:
            self._call("put_bucket_acl", ACL=word)
        except AccessDenied as error:
            if word == _PRIVATE or not blocks_public(self._connection, "BlockPublicAcls", error):
                raise
            raise AccessDenied(
                f"{self._connection.bucket}: public access is blocked for this bucket, and the "
                f"access list {word} would let others in",
                hint="let its owner switch off Block Public Access (BlockPublicAcls) for the "
                "bucket or the account, if that is really meant",
            ) from error
        except StorageError as error:
            if code_of(error.__cause__) == "AccessControlListNotSupported":
                raise self._switched_off() from error
            raise

    def _erase(self) -> None:
        raise AssertionError("every bucket has an access list")

    def _notes(self, before: Value | None, after: Value | None) -> tuple[str, ...]:  # noqa: ARG002 - the shape of all
        assert after is not None
        of_objects = "Objects have access lists of their own, which stay as they are."
        if any(row["Permission"] == "WRITE" for row in after["Grants"]):
            return ("Everybody can write to the bucket and delete in it.", of_objects)
        return (of_objects,)

    def _insist_on_lists(self) -> None:
        """Raise where the owner has switched access lists off, before anybody is asked."""
        try:
            found = self._connection.call("get_bucket_ownership_controls")
        except Unavailable:
            raise
        except StorageError:
            # Many services know no such thing, and not everybody may look.
            return
        rules = found.get("OwnershipControls", {}).get("Rules", ())
        if any(rule.get("ObjectOwnership") == "BucketOwnerEnforced" for rule in rules):
            raise self._switched_off()

    def _switched_off(self) -> StorageError:
        return StorageError(
            f"{self._connection.bucket}: the owner of this bucket has switched access lists off "
            "(BucketOwnerEnforced)",
            hint=f"a policy does the same: {self._commands} policy put FILE",
        )


def _granted(owner: Value, word: str) -> dict[str, Any]:
    """The list that a word stands for."""
    all_of_it = {
        "Grantee": {"ID": owner.get("ID", ""), "Type": "CanonicalUser"},
        "Permission": "FULL_CONTROL",
    }
    others = [
        {"Grantee": {"Type": "Group", "URI": _GROUPS + group}, "Permission": permission}
        for group, permission in _OTHERS[word]
    ]
    return {"Owner": owner, "Grants": _sorted([all_of_it, *others])}


def _sorted(grants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In one order, whatever order the service has."""
    return sorted(grants, key=lambda row: json.dumps(row, sort_keys=True))
