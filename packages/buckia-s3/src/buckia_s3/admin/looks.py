"""What is told of one object besides its bytes, as it was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from buckia.errors import StorageError
from buckia_s3.admin.change import Value
from buckia_s3.admin.grants import Grants, grants_of, said
from buckia_s3.admin.shapes import plain
from buckia_s3.copying import KEPT, said_again, tags_of
from buckia_s3.ground import Ground
from buckia_s3.metadata import is_name, is_ours, is_text

_USUAL_CLASS = "STANDARD"
"""Services do not tell it."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One object at one moment."""

    key: str
    version: str
    head: Mapping[str, Any]
    tags: Mapping[str, str] | None
    """None where the credentials may not see them; so with `grants`."""
    grants: Grants | None

    @property
    def value(self) -> Value:
        """As a person reads it, with what Buckia keeps there apart from all else."""
        kept: Mapping[str, str] = self.head.get("Metadata", {})
        named = {name.lower(): value for name, value in kept.items()}
        found = {name: plain(self.head[name]) for name in KEPT if name in self.head}
        found.setdefault("StorageClass", _USUAL_CLASS)
        found["Metadata"] = {name: text for name, text in named.items() if not is_ours(name)}
        found["Buckia"] = {name: text for name, text in named.items() if is_ours(name)}
        if self.tags is not None:
            found["Tags"] = dict(self.tags)
        if self.grants:
            found["Grants"] = plain(self.grants)
        return found

    @property
    def keeps_versions(self) -> bool:
        """Whether the bucket keeps what is replaced."""
        return self.head.get("VersionId") not in (None, "null")

    @property
    def notes(self) -> Iterator[str]:
        """Sentences about what could not be seen."""
        if self.tags is None:
            yield "These credentials may not see the tags of the object."
        if self.grants is None:
            yield "These credentials may not see the access list of the object."

    def said(self, after: Value, changed: tuple[str, ...]) -> dict[str, Any]:
        """All arguments of a request that makes the object anew; of these names as in `after`."""
        again = said_again(self.head)
        for name in changed:
            again.pop(name, None)
        told = {name: after[name] for name in changed if name in after}
        metadata = {**after["Metadata"], **after["Buckia"]}
        return {**again, **told, **said(self.grants or (), self.key), "Metadata": metadata}

    def insist_on_sayable(self) -> None:
        """Raise where something of the object would be lost, as no request can say it again."""
        lost = [
            f"the metadata {name}"
            for name, text in self.head.get("Metadata", {}).items()
            if not is_name(name) or not is_text(text)
        ]
        if missing := self.head.get("MissingMeta"):
            lost.append(f"{missing} metadata that the service does not show")
        if "ExpiresString" in self.head and "Expires" not in self.head:
            lost.append("the header Expires")
        if lost:
            raise StorageError(
                f"{self.key}: {' and '.join(lost)} cannot be said again by any request, "
                "and would be lost by a change",
                key=self.key,
                hint="upload the object anew with what it should have",
            )


def looked(ground: Ground, key: str) -> Look:
    """What is told of the object by now; NotFound where there is none."""
    head = ground.head(key)
    return Look(
        key=key,
        version=ground.entry(key, head).version,
        head=head,
        tags=tags_of(ground.connection, key),
        grants=grants_of(ground.connection, key),
    )
