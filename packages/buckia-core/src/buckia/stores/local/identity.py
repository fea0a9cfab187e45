"""A name that stays with a folder, to notice when another one stands in its place."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from buckia.body import BytesBody
from buckia.errors import Corrupted, VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local.faults import faults
from buckia.stores.local.ground import Ground
from buckia.stores.local.staging import stage

MARKER = ".buckia-bucket"
_BITS = 128
_FORM = re.compile(rf"[0-9a-f]{{{_BITS // 4}}}")


def identity(ground: Ground, *, create: bool) -> str | None:
    """The folder's own name; None where it has none yet, unless it is to be given one."""
    known = _known(ground)
    if known is None and create:
        body = BytesBody(data=os.urandom(_BITS // 8).hex().encode() + b"\n")
        # When two give a name at once, the first one's stays.
        with suppress(VersionMismatch):
            stage(ground, MARKER, body).commit(expect=ABSENT)
        known = _known(ground)
    return known


def _known(ground: Ground) -> str | None:
    with faults(MARKER), ground.root.folder(anew=True) as root:
        try:
            handle = root.open(MARKER, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            text = os.read(handle, 1024).decode(errors="replace").strip()
        finally:
            os.close(handle)
    if not _FORM.fullmatch(text):
        raise Corrupted(
            f"{ground.root.path}/{MARKER} does not hold the name of this folder any more",
            key=MARKER,
            hint="bring it back from a backup, or remove it if this is the folder you mean",
        )
    return text
