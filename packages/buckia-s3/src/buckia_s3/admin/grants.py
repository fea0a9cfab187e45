"""The access list of one object, which a copy has to be told anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from buckia.errors import AccessDenied, StorageError, Unavailable
from buckia_s3.connection import Connection

_ARGUMENTS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}
_GRANTEES = {"ID": "id", "URI": "uri", "EmailAddress": "emailAddress"}
Grants = Sequence[Mapping[str, Any]]


def grants_of(connection: Connection, key: str) -> Grants | None:
    """Who may do what with the object; None where the credentials may not see it.

    Empty where it is its owner's alone, and where the service has no access lists.
    """
    try:
        found = connection.call("get_object_acl", key)
    except Unavailable:
        raise
    except AccessDenied:
        return None
    except StorageError:
        # Not every service has such lists, and some owners have switched them off.
        return ()
    owner = found.get("Owner", {}).get("ID")
    rows = [
        # Names for show come and go; the ID says who it is.
        {**row, "Grantee": {k: v for k, v in row["Grantee"].items() if k != "DisplayName"}}
        for row in found.get("Grants", ())
    ]
    others = [row for row in rows if row["Grantee"].get("ID", "") != owner]
    is_plain = not others and [row["Permission"] for row in rows] == ["FULL_CONTROL"]
    return () if is_plain else sorted(rows, key=str)


def said(grants: Grants, key: str) -> dict[str, str]:
    """The arguments by which a request gives the same list to an object."""
    found: dict[str, list[str]] = {}
    for row in grants:
        whom = [
            f'{word}="{row["Grantee"][name]}"'
            for name, word in _GRANTEES.items()
            if row["Grantee"].get(name)
        ]
        argument = _ARGUMENTS.get(row["Permission"])
        if argument is None or not whom:
            raise StorageError(
                f"{key}: its access list cannot be said anew, so the copy would lose it: "
                f"{row['Permission']}",
                key=key,
            )
        found.setdefault(argument, []).append(whom[0])
    return {argument: ", ".join(whom) for argument, whom in found.items()}
