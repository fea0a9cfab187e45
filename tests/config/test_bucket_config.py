import copy
import pickle
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from buckia import BucketConfig
from buckia.config import Bandwidth, DeleteLimit, Root
from buckia.config.bucket import Given
from buckia.config.common import COMMON, DEFAULTS, REQUIRED
from buckia.config.demo import Demo
from buckia.config.inbound import Inbound
from buckia.config.quantities import Slot
from buckia.errors import ConfigError
from buckia.inbound.changes import Limits
from buckia.inbound.permission import Permission
from buckia.merging.rules import RowRules, Rule
from buckia.model import Direction, Policy
from buckia.secrets import Secret
from buckia.showcase.rules import ByColumn


def config(**given: Any) -> BucketConfig:
    return BucketConfig(**{"provider": "local", "bucket_name": "assets", **given})


def test_a_config_without_options_has_the_documented_defaults() -> None:
    made = config()
    assert {key: getattr(made, key) for key in DEFAULTS} == {
        "domain": None,
        "region": None,
        "endpoint_url": None,
        "prefix": "",
        "folders": (),
        "layers": (),
        "paths": (Root(path="."),),
        "files": {},
        "upload_files": {},
        "databases": {},
        "direction": Direction.BOTH,
        "delete_orphaned": False,
        "include": (),
        "exclude": (),
        "max_workers": None,
        "checksum_algorithm": "sha256",
        "conflict_resolution": None,
        "merge": RowRules(default=Rule("local")),
        "demo": None,
        "max_delete": DeleteLimit(percent=25),
        "bandwidth": None,
        "requests_per_second": None,
        "retries": 5,
        "timeout": 60,
        "trash_days": 30,
        "follow_symlinks": False,
        "state_dir": ".buckia.state",
        "inbound": None,
        "credentials": {},
        "options": {},
    }


GIVEN_AND_KEPT = {
    "inbound": (
        {
            "database": "data/App.sqlite",
            "folder": "user/inbound",
            "tables": {"photos": ["title", "rating"], "notes": "*"},
            "quarantine": "../bad",
            "limits": {"file": "1MiB", "value": 1000, "changes": 5, "wait": "1m"},
        },
        Inbound(
            database="data/App.sqlite",
            folder="user/inbound/",
            permission=Permission({"photos": ("title", "rating"), "notes": "*"}),
            quarantine="../bad",
            limits=Limits(file=1 << 20, value=1000, changes=5, wait=60.0),
        ),
    ),
    "domain": ("cdn.example.org", "cdn.example.org"),
    "region": ("eu-central", "eu-central"),
    "endpoint_url": ("https://example.org", "https://example.org"),
    "prefix": ("team/a", "team/a/"),
    "folders": (["123-ABC/", "demo"], ("123-ABC", "demo")),
    "layers": (["default", "team-7/", "123-ABC"], ("default", "team-7", "123-ABC")),
    "paths": (
        ["demo/", Path("static/data"), {"path": "x", "to": "y", "direction": "pull"}],
        (
            Root(path="demo/"),
            Root(path="static/data", direction=Direction.PUSH),
            Root(path="x", to="y/", direction=Direction.PULL),
        ),
    ),
    "files": ({"a.json": "config/a.json"}, {"a.json": "config/a.json"}),
    "upload_files": ({"b.pdf": "public/b.pdf"}, {"b.pdf": "public/b.pdf"}),
    "databases": ({"App.sqlite": "data/App.sqlite"}, {"App.sqlite": "data/App.sqlite"}),
    "direction": ("pull", Direction.PULL),
    "delete_orphaned": (True, True),
    "include": (["*.png", "!x.png"], ("*.png", "!x.png")),
    "exclude": (("/tmp/",), ("/tmp/",)),
    "max_workers": (8, 8),
    "checksum_algorithm": ("blake2b", "blake2b"),
    "conflict_resolution": ("merge", Policy.MERGE),
    "merge": (
        {"*": "ask", "photos": "newest by edited"},
        RowRules(default=Rule("ask"), tables={"photos": Rule("newest", "edited")}),
    ),
    "demo": (
        {
            "folder": "demo/",
            "database": "App.sqlite",
            "rows": {"column": "is_demo", "value": True},
        },
        Demo(folder="demo", database="App.sqlite", rows=ByColumn("is_demo", 1)),
    ),
    "max_delete": ("10%", DeleteLimit(percent=10)),
    "bandwidth": ("10MiB/s", Bandwidth((Slot(0, 10 << 20),))),
    "requests_per_second": (5, 5.0),
    "retries": (0, 0),
    "timeout": ("2m", 120.0),
    "trash_days": (0, 0),
    "follow_symlinks": (True, True),
    "state_dir": (Path("state"), "state"),
    "credentials": ({"token": "env:T"}, {"token": "env:T"}),
    "options": ({"root": "/mnt"}, {"root": "/mnt"}),
}


@pytest.mark.parametrize("key", GIVEN_AND_KEPT)
def test_each_option_is_kept_as_the_value_that_it_means(key: str) -> None:
    given, kept = GIVEN_AND_KEPT[key]
    more = {"prefix": "ID"} if key == "demo" else {"conflict_resolution": "merge"}
    assert getattr(config(**{**more, key: given}), key) == kept
    assert kept != DEFAULTS[key]


def test_the_tables_of_keys_agree_with_each_other() -> None:
    keys = {*COMMON, "options"}
    assert set(Given.__annotations__) == keys
    assert set(get_type_hints(BucketConfig)) == keys | {"where"}
    assert {*DEFAULTS, *REQUIRED} == keys
    assert set(GIVEN_AND_KEPT) == keys - {*REQUIRED}


def test_none_is_the_same_as_not_given() -> None:
    nothing = dict.fromkeys(DEFAULTS)
    assert config(**nothing) == config()


def test_parsed_values_may_be_given_again() -> None:
    made = config(max_delete="7", bandwidth="1kB/s", paths=["a", "b"], direction="push")
    again = config(
        max_delete=made.max_delete,
        bandwidth=made.bandwidth,
        paths=made.paths,
        direction=made.direction,
    )
    assert again == made


def test_whether_a_policy_was_chosen_is_known() -> None:
    assert config().conflict_resolution is None
    assert config(conflict_resolution="local_wins").conflict_resolution is Policy.LOCAL_WINS


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            {"max_workrs": 3},
            'bucket "assets", key "max_workrs": unknown key',
            'Did you mean "max_workers"?',
        ),
        (
            {"access_key": "x"},
            'bucket "assets", key "access_key": unknown key',
            "The provider's own keys go into options={...}.",
        ),
        (
            {"options": {"region": "x"}},
            (
                'bucket "assets", key "options.region": this is no key of a provider: '
                "give it beside options"
            ),
            "",
        ),
        (
            {"credentials": "sekret"},
            'bucket "assets", key "credentials": expected a mapping of secrets, found text',
            "",
        ),
        (
            {"credentials": {"token": 271828}},
            'bucket "assets", key "credentials.token": expected text',
            "Put it into quotes to make it text.",
        ),
        (
            {"bucket_name": "../x"},
            (
                'bucket "../x", key "bucket_name": "../x" is no usable name of a bucket: '
                "it leads out of its folder"
            ),
            "",
        ),
        (
            {"bucket_name": None},
            'key "bucket_name": the key is missing; every bucket needs it',
            "",
        ),
        ({"provider": 3}, 'bucket "assets", key "provider": expected text, found the number 3', ""),
    ],
)
def test_a_program_is_told_what_is_wrong(given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(**given)
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_replacing_gives_another_config_and_leaves_the_first() -> None:
    first = config(max_workers=2, paths=["a", "b"], options={"root": "/mnt"})
    second = first.replace(max_workers=4, direction="pull", region=None)
    assert (first.max_workers, second.max_workers) == (2, 4)
    assert second.direction is Direction.PULL
    assert second.paths == first.paths
    assert second.options == {"root": "/mnt"}


def test_replacing_checks_what_it_is_given() -> None:
    with pytest.raises(ConfigError, match='key "max_workers": expected a whole number'):
        config().replace(max_workers=0)
    with pytest.raises(ConfigError, match=r'the key "k" is already taken by files\.a'):
        config(files={"a": "k"}).replace(upload_files={"b": "k"})
    with pytest.raises(ConfigError, match="unknown key"):
        config().replace(max_worker=3)  # type: ignore[call-arg]


def test_a_config_does_not_change() -> None:
    made = config()
    with pytest.raises(AttributeError):
        made.region = "x"
    with pytest.raises(AttributeError):
        del made.region
    assert made.region is None


def test_later_changes_of_what_was_given_do_not_reach_the_config() -> None:
    given = {"objects": [1]}
    made = config(options=given)
    given["objects"].append(2)
    assert made.options["objects"] == [1]


def test_secrets_in_a_config_are_not_shown() -> None:
    made = config(credentials={"token": "hunter2"}, options={"api_key": "sesame", "n": 1})
    shown = f"{made} {made!r} {made.credentials} {made.options!r} {vars(made)}"
    assert "api_key" in shown
    assert "hunter2" not in shown
    assert "sesame" not in shown
    for thing in (made, made.credentials, made.options):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(thing)
    assert len(made.options) == 2


def test_a_copy_of_a_config_is_equal() -> None:
    made = config(credentials={"token": Secret("x")})
    assert copy.deepcopy(made) == made
    assert copy.deepcopy({"credentials": made.credentials}) == {"credentials": made.credentials}
    assert made != config()
    assert made != "assets"


def test_the_representation_names_what_differs_from_the_defaults() -> None:
    shown = repr(config(max_workers=3, retries=5))
    assert shown == "BucketConfig(max_workers=3, provider='local', bucket_name='assets')"


def test_a_program_names_its_bucket_by_bucket_name() -> None:
    assert config().name == "assets"
