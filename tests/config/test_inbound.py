"""What may stand under `inbound`, and what is said of all else."""

from __future__ import annotations

from typing import Any

import pytest

from buckia.config import BucketConfig
from buckia.config.inbound import Inbound
from buckia.errors import ConfigError
from buckia.inbound.changes import DEFAULT_LIMITS

GIVEN = {"database": "App.sqlite", "folder": "inbound/", "tables": {"notes": "*"}}


def config(inbound: Any, **more: Any) -> BucketConfig:
    return BucketConfig(provider="local", bucket_name="b", inbound=inbound, **more)


def test_the_least_that_must_be_given() -> None:
    found = config(GIVEN).inbound
    assert found is not None
    assert (found.quarantine, found.limits) == (None, DEFAULT_LIMITS)
    assert config(found).inbound == found


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"databse": "x"}, "inbound.databse", "unknown key"),
        ({"database": None}, "inbound.database", "expected text"),
        ({"database": "~/App.sqlite"}, "inbound.database", "not expanded"),
        ({"folder": ""}, "inbound.folder", "found its root"),
        ({"folder": "../up"}, "inbound.folder", "no usable key"),
        ({"folder": ".buckia.state/in"}, "inbound.folder", "never synced"),
        ({"tables": []}, "inbound.tables", "a mapping of tables"),
        ({"tables": {}}, "inbound.tables", "no table is named"),
        ({"tables": {"notes": "text"}}, "inbound.tables.notes", "a list of columns"),
        ({"tables": {"notes": []}}, "inbound.tables.notes", "is empty"),
        ({"tables": {"notes": ["a", "a"]}}, "inbound.tables.notes[1]", "twice"),
        ({"tables": {"notes": [1]}}, "inbound.tables.notes[0]", "expected text"),
        ({"tables": {"": "*"}}, 'inbound.tables[""]', "empty"),
        ({"tables": {"sqlite_master": "*"}}, "inbound.tables.sqlite_master", "nobody writes"),
        ({"tables": {"Buckia_applied": "*"}}, "inbound.tables.Buckia_applied", "nobody writes"),
        ({"quarantine": 1}, "inbound.quarantine", "expected text"),
        ({"limits": 1}, "inbound.limits", "a mapping with"),
        ({"limits": {"files": 1}}, "inbound.limits.files", "unknown key"),
        ({"limits": {"file": True}}, "inbound.limits.file", "a size"),
        ({"limits": {"file": "much"}}, "inbound.limits.file", "much"),
        ({"limits": {"value": 0}}, "inbound.limits.value", "at least one byte"),
        ({"limits": {"changes": 0}}, "inbound.limits.changes", "a whole number"),
        ({"limits": {"wait": 0}}, "inbound.limits.wait", "seconds above 0"),
    ],
)
def test_what_cannot_be_right_is_an_error_that_names_its_place(
    changed: dict[str, Any], key: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        config({**GIVEN, **changed})
    assert f'key "{key}"' in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize(("slip", "meant"), [("databse", "database"), ("table", "tables")])
def test_an_unknown_key_suggests_the_nearest(slip: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config({**GIVEN, slip: "x"})
    assert caught.value.hint == f'Did you mean "{meant}"?'


@pytest.mark.parametrize("missing", GIVEN)
def test_each_part_that_is_needed_is_asked_for(missing: str) -> None:
    with pytest.raises(ConfigError, match=f"inbound.{missing}.*the key is missing"):
        config({key: value for key, value in GIVEN.items() if key != missing})


@pytest.mark.parametrize("value", ["App.sqlite", ["App.sqlite"], True])
def test_it_is_a_mapping(value: Any) -> None:
    with pytest.raises(ConfigError, match="a mapping with database, folder and tables"):
        config(value)


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_bucket_of_one_direction_has_no_changes_of_others(direction: str) -> None:
    with pytest.raises(ConfigError, match="the direction of the bucket") as caught:
        config(GIVEN, direction=direction)
    assert caught.value.hint
    # For one run it may be otherwise.
    assert isinstance(config(GIVEN).replace(direction=direction).inbound, Inbound)
