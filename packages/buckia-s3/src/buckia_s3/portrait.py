"""What was found out about an endpoint, in words for people."""

from __future__ import annotations

from collections.abc import Iterator

from buckia.results import Check
from buckia_s3.faults import Where
from buckia_s3.habits import Habits
from buckia_s3.parts import Sizes

ROUNDABOUT = Check(
    "requests",
    ok=True,
    message="made by the AWS SDK, with several times the work for each: behind a proxy only it "
    "knows the way",
)
_INSTEAD = "not honoured here; Buckia looks just before, and compares just after"


def portrait(habits: Habits, sizes: Sizes, where: Where) -> Iterator[Check]:
    """One line for each ability, and what is done where it is missing."""
    yield _line("endpoint", f"{where.endpoint}, signed with {where.credentials}")
    if habits.refused:
        yield Check(
            "permissions",
            ok=None,
            message="not all could be tried: these credentials may not write, copy or delete here",
            hint="what is missing below may be there for credentials that may",
        )
    if habits.creates and habits.replaces:
        form = "" if habits.replaces == "quoted" else ", with ETags written without quotes"
        yield _line("conditions on writes", f"honoured{form}")
    else:
        yield _line("conditions on writes", _INSTEAD)
    if habits.completes:
        yield _line("conditions on large objects", "honoured")
    else:
        mib = sizes.single >> 20
        yield _line("conditions on large objects", f"above {mib} MiB: {_INSTEAD}")
    yield _line("conditions on deletes", "honoured" if habits.deletes else _INSTEAD)
    yield _line("conditions on copies", "honoured" if habits.copies else _INSTEAD)
    yield _line("deletes in batches", "understood" if habits.batches else "not understood")
    yield _line("checksums", _checks(habits))
    if habits.drops_metadata:
        yield _line("metadata", "not kept; files get the time of their download, and no digest")
    if habits.loses_tags:
        yield _line("tags", "forgotten by copies and large objects here; Buckia gives them back")


def _checks(habits: Habits) -> str:
    if habits.checks == "sha256":
        return "damaged uploads are refused by their SHA-256"
    if habits.checks == "md5":
        return "damaged uploads are refused by their MD5"
    if habits.tags_are_md5:
        return "the service checks none; Buckia compares the MD5 it answers with"
    return "the service checks none; only `buckia verify` would show damage on the way"


def _line(name: str, message: str) -> Check:
    return Check(name, ok=True, message=message)
