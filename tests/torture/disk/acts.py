"""What is played besides single syncs on failing disks: each in a fresh folder, from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.torture.disk import elsewhere, odd, planned, races

Act = Callable[[Path, int], Counter[str]]
ACTS: Mapping[str, Act] = {
    "folders that become links": races.links,
    "files that change while they are read": races.changing_files,
    "files that change at a planned instant": planned.changes,
    "a failing disk here, the bucket on S3": elsewhere.s3,
    "a failing disk here, the bucket at Bunny": elsewhere.bunny,
    "names of 255 bytes": odd.long_names,
    "two hundred folders deep": odd.deep,
    "times that no clock shows": odd.times,
    "hard links": odd.hard_links,
    "pipes and devices": odd.special_files,
    "sparse files": odd.sparse,
    "a hole of a terabyte": odd.endless,
    "a hundred thousand files in a folder": odd.many,
}
"""Each tells how often what ended how; `Disagreement` where something is not as it must be."""
