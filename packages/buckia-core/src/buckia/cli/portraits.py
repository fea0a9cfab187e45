"""What is to be told of an installed plugin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from buckia import protocols
from buckia.cli.options import is_secret
from buckia.model import Traits
from buckia.plugins import Installed, State
from buckia.protocols import Storage, ability
from buckia.provider import Context, Provider
from buckia.secrets import Secret

ABILITIES = (
    protocols.ReadsRanges,
    protocols.ScansBetween,
    protocols.WritesConditionally,
    protocols.DeletesConditionally,
    protocols.DeletesMany,
    protocols.CopiesInside,
    protocols.CopiesConditionally,
    protocols.MovesInside,
    protocols.Digests,
    protocols.GivesUrls,
    protocols.Surveys,
    protocols.Stages,
    protocols.Retires,
    protocols.Sweeps,
    protocols.Identifies,
    protocols.Probes,
    protocols.Publishes,
)
PLACEHOLDER = "example"


class Portrait(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin. What could not be found out is None."""

    name: str
    group: str
    distribution: str
    version: str
    state: State
    reason: str
    used_by: Sequence[str]
    options: Sequence[str] | None = None
    traits: Sequence[str] | None = None
    abilities: Sequence[str] | None = None


def portrait(one: Installed, used_by: Sequence[str]) -> Portrait:
    """A plugin as it is installed, and for a provider what its storage says of itself."""
    known = Portrait(
        name=one.name,
        group=one.group,
        distribution=one.distribution,
        version=one.version,
        state=one.state,
        reason=one.reason,
        used_by=used_by,
    )
    if one.provider is None:
        return known
    options = tuple(field.encode_name for field in msgspec.structs.fields(one.provider.options))
    with TemporaryDirectory(prefix="buckia-") as folder:
        found = _facts(one.provider, Path(folder))
    if found is None:
        return msgspec.structs.replace(known, options=options)
    traits, abilities = found
    return msgspec.structs.replace(known, options=options, traits=traits, abilities=abilities)


def _facts(provider: Provider[Any], folder: Path) -> tuple[Sequence[str], Sequence[str]] | None:
    """Traits and abilities of a storage of this kind, opened with made-up settings."""
    try:
        storage = provider.open(_options(provider), Context(bucket_name=PLACEHOLDER, base=folder))
        try:
            return words(storage.traits), _abilities(storage)
        finally:
            storage.close()
    except Exception:  # noqa: BLE001 - somebody else's code, given settings that nobody meant
        # It may refuse them in any way it likes; then its traits are not shown, and no more.
        return None


def _options(provider: Provider[Any]) -> Any:
    """The least that this provider can be opened with."""
    if provider.sample is not None:
        return provider.sample
    given: dict[str, object] = {}
    for field in msgspec.structs.fields(provider.options):
        if field.required:
            given[field.name] = Secret(PLACEHOLDER) if is_secret(field.type) else PLACEHOLDER
    return provider.options(**given)


def _abilities(storage: Storage) -> Sequence[str]:
    return tuple(kind.__name__ for kind in ABILITIES if ability(storage, kind) is not None)


def words(traits: Traits) -> Sequence[str]:
    """The facts about a store that matter to a person."""
    said = [f"lists {name}" for name in sorted(traits.digests)]
    said.append("keeps file times" if traits.keeps_mtime else "keeps no file times")
    if traits.keeps_metadata:
        said.append("keeps metadata")
    if not traits.flat:
        said.append("is a tree of folders")
    if traits.max_key_bytes is not None:
        said.append(f"keys up to {traits.max_key_bytes} bytes")
    said.append(f"{traits.concurrency} transfers at once")
    return tuple(said)
