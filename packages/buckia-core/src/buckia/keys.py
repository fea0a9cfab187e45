"""Keys are names from strangers: which of them are sound, which collide, how copies are named."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from buckia.model import Traits

STATE_DIR = ".buckia.state"
TEMPORARY = ".buckia-tmp-"
"""How the names of our temporary files begin; never synced, like all of `.buckia-*`."""

LEDGER = "buckia_applied"
"""The table in an app's database that says which changes from others were applied."""
USER_NOTE = ".buckia-user"
MOVED_NOTE = ".buckia-moved"
NOTES = frozenset({USER_NOTE, MOVED_NOTE})
"""What is said of a user's folder in the bucket itself, for everybody; they are never synced."""

_UNSOUND = re.compile(r"(?:^|/)(?:\.{0,2})(?:/|\Z)|[\x00\\]|^[A-Za-z]:|[\ud800-\udfff]")
_OURS = re.compile(r"(?:^|/)\.buckia(?:\Z|[./-])", re.IGNORECASE)
"""In any case of letters, for some file systems do not tell them apart."""
_SIDE_FILE = re.compile(r"(.+\.(?:sqlite3?|db3?))-(?:wal|journal|shm)", re.IGNORECASE | re.DOTALL)
MAX_NAME = 255
"""Bytes of one name on every file system in common use."""
_LONGEST_EXTENSION = 32
"""Bytes; what follows the last dot of a sentence is no extension."""
_MILLISECOND = timedelta(milliseconds=1)
_YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
_UNTIL_1970 = (datetime(1970, 1, 1, tzinfo=UTC) - _YEAR_1) // _MILLISECOND
_UNTIL_9999 = (datetime(9999, 12, 31, tzinfo=UTC) - _YEAR_1) // _MILLISECOND


def problem(key: str) -> str | None:
    """Why nobody may ever act upon this key; None when it is sound."""
    if not _UNSOUND.search(key):
        return None
    if not key:
        return "the key is empty"
    if "\x00" in key:
        return "the key holds a NUL byte"
    if "\\" in key:
        return "the key holds a backslash"
    if re.match(r"[A-Za-z]:", key):
        return "the key begins with a drive letter"
    if key.startswith("/"):
        return "the key is absolute"
    if re.search(r"[\ud800-\udfff]", key):
        return "the name is not valid Unicode"
    if ".." in key.split("/"):
        return "the key leads out of its folder"
    return "the key has an empty or '.' segment"


def is_marker(key: str, size: int) -> bool:
    """A zero-byte `folder/` object, as web consoles make them."""
    return size == 0 and key.endswith("/")


def is_ours(key: str) -> bool:
    """`.buckia`, `.buckia.*`, `.buckia-*` at any depth: configuration, state, temporary files."""
    return _OURS.search(key) is not None


def shows_a_file(key: str) -> bool:
    """Whether a folder with such a key in it is not empty: markers and names of ours are not it."""
    return not key.endswith("/") and not is_ours(key)


def is_note(key: str) -> bool:
    """One of ours that lies in a bucket like other objects."""
    return key.rpartition("/")[2] in NOTES


def database_of(key: str) -> str | None:
    """The database that a `-wal`, `-journal` or `-shm` belongs to, by its name alone."""
    found = _SIDE_FILE.fullmatch(key)
    return found[1] if found else None


def unheld(key: str, traits: Traits) -> str | None:
    """Why a store of these traits cannot hold the key; None when it can."""
    if traits.max_key_bytes is not None and len(key.encode()) > traits.max_key_bytes:
        return f"the key is longer than {traits.max_key_bytes} bytes"
    if traits.max_name_bytes is not None and len(key) * 4 > traits.max_name_bytes:
        for name in key.split("/"):
            if len(name.encode()) > traits.max_name_bytes:
                return f"a name in the key is longer than {traits.max_name_bytes} bytes"
    if traits.forbidden and (bad := set(key) & set(traits.forbidden)):
        return "the key holds " + ", ".join(sorted(map(repr, bad)))
    return None


def folded(key: str, traits: Traits) -> str:
    """The same for all keys that are one name in such a store."""
    if traits.folds_form:
        key = unicodedata.normalize("NFC", key)
    if traits.folds_case:
        key = key.casefold()
        if traits.folds_form:
            key = unicodedata.normalize("NFC", key)
    return key


def folders_above(key: str) -> list[str]:
    """`a` and `a/b` for `a/b/c`: the names that must be folders for the key to exist in a tree."""
    parts = key.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def conflict_copy(key: str, mtime_ns: int, device: str) -> str:
    """`NAME.conflict-YYYYMMDDTHHMMSSmmmZ-DEVICE.EXT` beside the key.

    The time is that of the version copied, so that a second attempt finds the first one's copy.
    A millisecond more always gives another name, also to times that no calendar holds.
    """
    folder, _, name = key.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    mark = f".conflict-{_stamp(mtime_ns // 1_000_000)}-{device}{dot}{extension}"
    if len((stem + mark).encode()) > MAX_NAME:
        stem = _shortened(stem, MAX_NAME - len(mark.encode()), name)
    return (folder + "/" if folder else "") + stem + mark


def _stamp(milliseconds: int) -> str:
    """`YYYYMMDDTHHMMSSmmmZ`; behind the last day of the calendar it begins anew."""
    since = (milliseconds + _UNTIL_1970) % _UNTIL_9999
    when = _YEAR_1 + since * _MILLISECOND
    # Not every system's %Y gives four digits.
    return f"{when.year:04d}{when:%m%dT%H%M%S}{since % 1000:03d}Z"


def _shortened(stem: str, room: int, name: str) -> str:
    """As much of the stem as fits, and a hash so that two long names stay two."""
    tag = "~" + blake2b(name.encode(), digest_size=4).hexdigest()
    kept = stem.encode()[: max(0, room - len(tag))].decode(errors="ignore")
    return kept + tag


def below(key: str, folder: str) -> bool:
    """Whether `folder/` holds the key; every key is below the empty folder."""
    return not folder or key.startswith(folder if folder.endswith("/") else folder + "/")
