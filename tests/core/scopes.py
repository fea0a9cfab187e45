"""Scopes for tests: roots, mappings and filters in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from buckia.filters import Filters, RunFilter
from buckia.model import Direction
from buckia.scope import Place, Scope

BOTH, PUSH, PULL = Direction
ROOT = "."


def root(origin: str = ROOT, to: str = "", direction: Direction = BOTH) -> Place:
    return Place(origin, direction, to)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a configuration and a command line say."""

    roots: Sequence[Place] = (Place(ROOT, BOTH),)
    files: Mapping[str, str] = {}
    """Mapped files: the local path below the first root, and the key."""
    upload_files: Mapping[str, str] = {}
    folders: Sequence[str] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    hidden: AbstractSet[tuple[str, str]] = frozenset()
    state: Sequence[str] = ()
    run: RunFilter = RunFilter()


def mapping(path: str, key: str) -> str:
    """The origin of a mapped file: its path, with its key."""
    return f"{path} as {key}"


def scope(given: Given) -> Scope:
    """A mapped file is no longer shown under its own path by the first root."""
    mapped = {key: Place(mapping(path, key), BOTH) for path, key in given.files.items()}
    mapped |= {key: Place(mapping(path, key), PUSH) for path, key in given.upload_files.items()}
    local = {(given.roots[0].origin, path) for path in (*given.files, *given.upload_files)}
    return Scope(
        roots=given.roots,
        mapped=mapped,
        hidden=given.hidden | local,
        folders=given.folders,
        filters=Filters(
            include=given.include, exclude=given.exclude, ignore_texts=lambda _folder: ()
        ),
        run=given.run,
        state=given.state,
    )
