"""`demo` in a file: what it means, and what is said of one that cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from buckia import BucketConfig
from buckia.config.demo import Demo, demo_folder, user_folder
from buckia.errors import ConfigError
from buckia.showcase.rules import ByColumn, ByIds, ByTables, RowRule

PLACE = {"folder": "demo", "database": "App.sqlite"}


def config(**given: Any) -> BucketConfig:
    return BucketConfig(**{"provider": "local", "bucket_name": "b", "folders": ["ID"], **given})


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"column": "is_demo", "value": 1}, ByColumn("is_demo", 1)),
        ({"column": "is_demo", "value": False}, ByColumn("is_demo", 0)),
        ({"column": "owner", "value": "demo"}, ByColumn("owner", "demo")),
        ({"tables": ["tips", "tours"]}, ByTables(("tips", "tours"))),
        ({"ids": [1, 9999]}, ByIds(1, 9999)),
        (ByIds(1, 2), ByIds(1, 2)),
    ],
)
def test_rows_are_told_apart_in_one_of_three_ways(given: Any, meant: RowRule) -> None:
    found = config(demo={**PLACE, "rows": given}).demo
    assert found == Demo(folder="demo", database="App.sqlite", rows=meant)
    assert config(demo=found).demo == found


@pytest.mark.parametrize(
    ("given", "key", "reason", "hint"),
    [
        ("demo", "demo", "expected a mapping with folder, database and rows", ""),
        ({"folder": "demo"}, "demo.database", "the key is missing", ""),
        ({"database": "a"}, "demo.folder", "the key is missing", ""),
        ({**PLACE, "row": {}}, "demo.row", "unknown key", "rows"),
        ({**PLACE, "folder": "a/b"}, "demo.folder", '"a/b" is not a top-level folder', "single"),
        ({**PLACE, "database": "../a"}, "demo.database", "is no usable key", ""),
        ({**PLACE, "rows": "ids"}, "demo.rows", "expected a mapping with column and value", ""),
        ({**PLACE, "rows": {}}, "demo.rows", "in exactly one way", "{ids: [1, 9999]}"),
        (
            {**PLACE, "rows": {"ids": [1, 2], "tables": ["a"]}},
            "demo.rows",
            "in exactly one way",
            "{tables: [...]}",
        ),
        ({**PLACE, "rows": {"column": "a"}}, "demo.rows", "in exactly one way", "value: 1"),
        ({**PLACE, "rows": {"ids": [1, 2], "value": 1}}, "demo.rows", "in exactly one way", ""),
        ({**PLACE, "rows": {"colum": "a"}}, "demo.rows.colum", "unknown key", "column"),
        ({**PLACE, "rows": {"column": "a", "value": 1.5}}, "demo.rows.value", "expected text", ""),
        ({**PLACE, "rows": {"tables": []}}, "demo.rows.tables", "the list of tables is empty", ""),
        ({**PLACE, "rows": {"ids": [1]}}, "demo.rows.ids", "expected two whole numbers", ""),
        ({**PLACE, "rows": {"ids": [2, 1]}}, "demo.rows.ids", "2 comes behind 1", ""),
        ({**PLACE, "rows": {"ids": [1, "2"]}}, "demo.rows.ids[1]", "expected a whole number", ""),
    ],
)
def test_what_cannot_be_meant_is_named(given: Any, key: str, reason: str, hint: str) -> None:
    with pytest.raises(ConfigError) as told:
        config(demo=given)
    assert f'key "{key}": ' in told.value.message
    assert reason in told.value.message
    assert hint in told.value.hint


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"direction": "pull"}, "a reset goes both ways"),
        ({"direction": "push"}, "a reset goes both ways"),
        ({"folders": ["ID", "demo"]}, "edits here would change it for everybody"),
        ({"folders": ["ID", "other"]}, "it is not clear which folder is the user's"),
        ({"folders": None}, "it is not clear which folder is the user's"),
        ({"folders": None, "prefix": "all/demo"}, "this is the user's own folder"),
        ({"folders": None, "layers": ["demo", "ID"], "prefix": "ID"}, "shows a demo by itself"),
    ],
)
def test_a_demo_has_to_lie_beside_one_folder_of_the_users(more: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as told:
        config(demo=PLACE, **more)
    assert told.value.hint


@pytest.mark.parametrize(
    ("folders", "prefix", "user", "demo"),
    [
        (["ID"], "", "ID/", "demo/"),
        (["ID"], "apps/one/", "ID/", "apps/one/demo/"),
        ([], "ID/", "", "demo/"),
        ([], "apps/one/ID/", "", "apps/one/demo/"),
    ],
)
def test_the_demo_lies_beside_the_users_folder(
    folders: list[str], prefix: str, user: str, demo: str
) -> None:
    found = Demo(folder="demo", database="App.sqlite")
    assert (user_folder(folders), demo_folder(found, folders, prefix)) == (user, demo)
