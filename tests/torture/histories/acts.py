"""What users and strangers do besides the edits that other histories know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.histories.edits import Edit
from tests.torture.histories.buckets import Bucket
from tests.torture.histories.device import visible
from tests.torture.histories.words import Stranger


def move_folder(root: Path, step: Edit) -> None:
    """A folder gets another name, with all that is in it."""
    folders = sorted({key.partition("/")[0] for key in visible(root) if "/" in key})
    target = root / step.key
    if folders and not target.exists() and target.parent.is_dir():
        source = root / folders[step.nth % len(folders)]
        if source not in target.parents:
            source.rename(target)


def copy(root: Path, step: Edit) -> None:
    """The same bytes once more, under another name or over what has it."""
    held = visible(root)
    names = sorted(held)
    target = root / step.key
    if not names or target.is_dir() or any(root / part in target.parents for part in names):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(held[names[step.nth % len(names)]])


MORE: Mapping[str, Callable[[Path, Edit], None]] = {"move_folder": move_folder, "copy": copy}


def strange(bucket: Bucket, prefix: str, held: Mapping[str, bytes], step: Stranger) -> None:
    """What a program that is not Buckia does to the bucket."""
    names = sorted(name for name in held if name != "keep.txt")
    nth = names[step.nth % len(names)] if names else None
    match step.act, nth:
        case "put", _:
            bucket.put(prefix + step.key, step.text.encode() * step.times)
        case "drop", str():
            bucket.remove(prefix + nth)
        case "copy", str():
            bucket.put(prefix + step.key, held[nth])
        case "rewrite", str():
            bucket.put(prefix + nth, held[nth])
        case _:
            pass
