"""Histories that once went wrong, or that came close to what nobody had thought of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.histories.edits import Edit
from tests.histories.oracle import ASK, KEEP_BOTH, LOCAL_WINS, PULL, REMOTE_WINS, Rules
from tests.torture.histories.shorter import Found, play
from tests.torture.histories.words import (
    Clock,
    Meanwhile,
    Resolve,
    Restore,
    Setting,
    Settle,
    Stranger,
    Sync,
    Trouble,
    User,
)

TREE = ("a", "d/x", "d/e/z")

FOUND: Mapping[str, Found] = {
    "each device makes a copy of its own of a file that gives way": Found(
        Setting(devices=3, agreed=TREE),
        (
            User(2, Edit("", "file_to_folder", text="v1", nth=0)),
            Settle(Rules(policy=KEEP_BOTH)),
        ),
    ),
    "a bucket has a folder and an object of one name, and a device makes it a file": Found(
        Setting(devices=2, agreed=TREE),
        (
            Stranger("copy", key="d", nth=0),
            Sync(0, Rules(delete_orphaned=True, policy=REMOTE_WINS)),
            User(0, Edit("", "overwrite", text="v2", nth=1)),
            User(1, Edit("", "folder_to_file", text="v3", nth=1)),
            Sync(0, Rules(delete_orphaned=True)),
            Sync(1, Rules(delete_orphaned=True, policy=LOCAL_WINS)),
            Settle(Rules(delete_orphaned=True, policy=LOCAL_WINS)),
        ),
    ),
    "a folder becomes a file in a zone, whose folders stay": Found(
        Setting("bunny", agreed=TREE),
        (
            User(1, Edit("", "folder_to_file", text="v6", nth=1)),
            Settle(Rules(delete_orphaned=True, policy=LOCAL_WINS)),
        ),
    ),
    "a file comes to light when the one that hid it is deleted elsewhere": Found(
        Setting(devices=3, overlaid=True),
        (
            User(1, Edit("", "write", key="c", text="v7")),
            Settle(Rules(policy=REMOTE_WINS)),
            User(2, Edit("", "write", key="c", text="v8"), second=True),
            User(1, Edit("", "drop", key="c")),
            Settle(Rules(delete_orphaned=True, policy=KEEP_BOTH)),
        ),
    ),
    "a second root takes a name that others have given to something else": Found(
        Setting(devices=4, overlaid=True),
        (
            User(3, Edit("", "write", key="d/x", text="v9"), second=True),
            User(3, Edit("", "copy", key="c", nth=0), second=True),
            Stranger("put", key="c", text="v10"),
            Settle(Rules(delete_orphaned=True)),
        ),
    ),
    "what was deleted in a root that is only uploaded stays in the bucket": Found(
        Setting(overlaid=True),
        (
            User(1, Edit("", "write", key="c", text="v1"), second=True),
            Sync(1),
            User(1, Edit("", "rename", key="d/e", nth=0), second=True),
            Sync(1, Rules(delete_orphaned=False)),
            Sync(1, Rules(PULL, delete_orphaned=True)),
            Settle(Rules(delete_orphaned=False)),
        ),
    ),
    "somebody decides about a file that is a folder for the others": Found(
        Setting(devices=2, agreed=TREE),
        (
            User(1, Edit("", "folder_to_file", text="v4", nth=0)),
            User(0, Edit("", "write", key="d/new", text="v5")),
            Sync(0, Rules(delete_orphaned=True)),
            Resolve(1, "local"),
            Settle(Rules(delete_orphaned=True)),
        ),
    ),
    "an uploaded file whose name became a folder": Found(
        Setting(ground="local", overlaid=True),
        (
            Sync(
                device=1,
                rules=Rules(direction="both", delete_orphaned=True, policy=None),
                meanwhile=(
                    Meanwhile(
                        at=1,
                        steps=(
                            User(
                                device=1,
                                edit=Edit("", "write", key="d", nth=4, text="v00002 ", at=5000),
                                second=True,
                            ),
                        ),
                    ),
                ),
            ),
            Settle(rules=Rules(direction="both", delete_orphaned=False, policy="keep_both")),
            Sync(
                device=0,
                rules=Rules(direction="both", delete_orphaned=True, policy="keep_both"),
                meanwhile=(
                    Meanwhile(
                        at=4,
                        steps=(
                            User(
                                device=0,
                                edit=Edit(
                                    "",
                                    "file_to_folder",
                                    key="a",
                                    nth=2,
                                    text="v00008 ",
                                    times=3,
                                    at=7,
                                ),
                            ),
                        ),
                    ),
                ),
            ),
            Settle(rules=Rules(direction="both", delete_orphaned=True, policy="local_wins")),
        ),
    ),
    "a file of a second root below a file of the first": Found(
        Setting(ground="local", overlaid=True),
        (
            Sync(
                device=1,
                rules=Rules(direction="both", delete_orphaned=True, policy="remote_wins"),
                meanwhile=(
                    Meanwhile(
                        at=3,
                        steps=(
                            Stranger(act="put", key="c.tar.gz", nth=6, text="v00026 ", times=3),
                        ),
                    ),
                ),
            ),
            Sync(
                device=1,
                rules=Rules(direction="both", delete_orphaned=True, policy="local_wins"),
                meanwhile=(
                    Meanwhile(
                        at=0,
                        steps=(
                            User(
                                device=1,
                                edit=Edit(
                                    "", "write", key="c.tar.gz", nth=2, text="v00068 ", at=5000
                                ),
                                second=True,
                            ),
                            Stranger(act="copy", key="d", nth=5, text="v00070 "),
                        ),
                    ),
                ),
            ),
            Sync(
                device=1,
                rules=Rules(direction="pull", delete_orphaned=True, policy=None),
                meanwhile=(
                    Meanwhile(
                        at=4,
                        steps=(
                            User(
                                device=1,
                                edit=Edit(
                                    "",
                                    "rename",
                                    key="d/e/z",
                                    nth=4,
                                    text="v00079 ",
                                    at=7,
                                    anew=True,
                                ),
                                second=True,
                            ),
                        ),
                    ),
                ),
            ),
            Sync(
                device=0, rules=Rules(direction="both", delete_orphaned=False, policy="newest_wins")
            ),
            Sync(
                device=1,
                rules=Rules(direction="both", delete_orphaned=True, policy="remote_wins"),
                meanwhile=(
                    Meanwhile(
                        at=7,
                        steps=(
                            User(
                                device=1,
                                edit=Edit(
                                    "",
                                    "write",
                                    key="d",
                                    nth=6,
                                    text="v00114 ",
                                    times=0,
                                    at=1000,
                                    anew=True,
                                ),
                            ),
                        ),
                    ),
                ),
            ),
            Sync(device=0, rules=Rules(direction="push", delete_orphaned=False, policy=None)),
            Settle(rules=Rules(direction="both", delete_orphaned=True, policy=None)),
        ),
    ),
    "a file gives way to a folder where nothing may be sent": Found(
        Setting(),
        (
            Stranger("put", key="d/x", text="v1"),
            User(1, Edit("", "write", key="d", text="v2")),
            Sync(1, Rules("pull")),
        ),
    ),
    "bytes come damaged, where a digest tells": Found(
        Setting("memory", agreed=("a", "b.txt")),
        (
            Stranger("put", key="a", text="v1"),
            Sync(0, troubles=(Trouble("damaged", times=9),)),
            Settle(),
        ),
    ),
    "bytes would come damaged, and nothing could tell": Found(
        Setting("memory without digests", agreed=("a", "b.txt")),
        (
            Stranger("put", key="a", text="v1"),
            Sync(0, troubles=(Trouble("damaged", times=9),)),
            Settle(),
        ),
    ),
    "bytes would come damaged, and only a hint could tell": Found(
        Setting("memory with hints"),
        (
            Stranger("put", key="a", text="v1"),
            Sync(0, troubles=(Trouble("damaged", times=9),)),
            Settle(),
        ),
    ),
    "a file that takes no part stands where the others have a folder": Found(
        Setting(overlaid=True),
        (
            User(1, Edit("", "write", key="b", text="v1"), second=True),
            Settle(),
            User(1, Edit("", "write", key="b", text="v2")),
            User(0, Edit("", "file_to_folder", text="v3", nth=0)),
            Settle(Rules(delete_orphaned=True)),
        ),
    ),
    "a run without texts leaves out a folder that is called like one": Found(
        Setting(agreed=("d/x", "e.txt")),
        (
            User(1, Edit("", "move_folder", key="b.txt", nth=0)),
            Sync(1, Rules(delete_orphaned=True), narrow="no texts for once"),
            Sync(1, Rules(delete_orphaned=True), narrow="texts for once"),
            Settle(Rules(delete_orphaned=True)),
        ),
    ),
    "a version comes back to a root that another one shadows": Found(
        Setting(overlaid=True, agreed=("a", "b.txt", "d/x", "d/e/z", "e.txt")),
        (
            Sync(
                0,
                Rules(delete_orphaned=True, policy=ASK),
                meanwhile=(Meanwhile(2, (Stranger("copy", key="d", nth=4),)),),
            ),
            Sync(
                1,
                Rules(delete_orphaned=True, policy=REMOTE_WINS),
                meanwhile=(
                    Meanwhile(
                        2,
                        (
                            User(
                                1,
                                Edit("", "write", key="d", text="v1 ", times=0, at=7, anew=True),
                                second=True,
                            ),
                        ),
                    ),
                ),
            ),
            Sync(
                1,
                Rules(delete_orphaned=True, policy=None),
                meanwhile=(
                    Meanwhile(0, (User(1, Edit("", "folder_to_file", text="v2 ", nth=4)),)),
                ),
            ),
            *(Restore(1, nth) for nth in range(6, -1, -1)),
        ),
    ),
    "a file is deleted in one root and written in the other": Found(
        Setting(devices=3, overlaid=True, agreed=("a", "b.txt", "d/x", "d/e/z", "e.txt")),
        (
            User(
                device=2,
                edit=Edit(
                    "", "copy", key="c.tar.gz", nth=7, text="v00075 ", times=1, at=5000, anew=True
                ),
            ),
            User(
                device=2,
                edit=Edit(
                    "", "write", key="a", nth=0, text="v00079 ", times=1, at=20000000000, anew=True
                ),
                second=True,
            ),
            User(
                device=2,
                edit=Edit(
                    "",
                    "delete",
                    key="d/e/z",
                    nth=6,
                    text="v00093 ",
                    times=0,
                    at=20000000000,
                    anew=False,
                ),
            ),
            Settle(rules=Rules(direction="both", delete_orphaned=True, policy=None)),
        ),
    ),
    "somebody writes what a transfer that came too late would have written": Found(
        Setting(agreed=TREE),
        (
            Stranger("put", key="a", text="v1"),
            Sync(
                0,
                Rules(policy=ASK),
                meanwhile=(Meanwhile(2, (User(0, Edit("", "write", key="a", text="v2")),)),),
            ),
            User(0, Edit("", "write", key="a", text="v1")),
            Stranger("put", key="a", text="v3"),
            Settle(Rules(policy=KEEP_BOTH)),
        ),
    ),
    "a conflict is decided when the trash has versions that are due": Found(
        Setting(agreed=TREE),
        (
            User(0, Edit("", "write", key="a", text="v1")),
            Stranger("put", key="a", text="v2"),
            Sync(0, Rules(policy=REMOTE_WINS)),
            Clock(0, 40 * 86400),
            User(0, Edit("", "write", key="d/x", text="v3")),
            Stranger("put", key="d/x", text="v4"),
            Sync(0, Rules(policy=ASK)),
            Resolve(0, "remote"),
        ),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_went_wrong_once_goes_well(name: str, tmp_path: Path) -> None:
    play(FOUND[name], tmp_path / "world")
