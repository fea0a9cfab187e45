"""The folders of users: each has the name of an ID that nobody can guess."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from buckia import digests
from buckia.body import BytesBody
from buckia.engine.pair import Pair, probe
from buckia.engine.publishing import publish
from buckia.engine.seen import check_received
from buckia.events import Noticed
from buckia.ids import new_user_id
from buckia.keys import USER_NOTE
from buckia.protocols import ABSENT

FORMAT = 1


def new_user(pair: Pair) -> str:
    """Make an ID and its folder, over nothing that is there; the ID.

    A bucket has no empty folders, so a note is what makes it one. It is none of the user's files:
    no sync takes it for one, nor the folder for filled.
    """
    name = new_user_id()
    probe(pair)
    put_note(pair, f"{name}/{USER_NOTE}", {"made": moment()})
    for failure in publish(pair):
        pair.tell(Noticed(message=f"{failure.path}: {failure.message}"))
    return name


def put_note(pair: Pair, key: str, content: dict[str, str]) -> None:
    """Say something of a folder in the bucket; `VersionMismatch` where it was said already."""
    data = json.dumps({"format": FORMAT, **content}).encode() + b"\n"
    known = {"sha256": digests.of(data, "sha256")}
    body = BytesBody(data=data, digests=known, content_type="application/json")
    check_received(pair.right.write(key, "", body, expect=ABSENT), known)


def moment() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
