"""Which keys take part, where they live, and what the configuration does not reach any more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.filters import RunFilter
from buckia.model import Direction
from buckia.scope import Judgement, Place, narrowed
from tests.core.scopes import BOTH, PULL, PUSH, ROOT, Given, mapping, root, scope

TAKE, LEAVE, OUT, SECRET = Judgement
C_JSON = mapping("c.json", "conf/c.json")


# Whether a key takes part.


@pytest.mark.parametrize(
    ("settings_", "key", "answer"),
    [
        (Given(), "a", TAKE),
        (Given(), "x/y/a", TAKE),
        (Given(), ".buckiaignore", TAKE),
        # Names of ours are out for good, secrets unless they are brought back.
        (Given(), ".buckia", OUT),
        (Given(), "x/.buckia.state/base.sqlite", OUT),
        (Given(exclude=["!.buckia"]), ".buckia", OUT),
        (Given(), ".git/config", OUT),
        (Given(), ".env", SECRET),
        (Given(), "x/server.pem", SECRET),
        (Given(exclude=["!.env"]), ".env", TAKE),
        # Filters of the configuration.
        (Given(exclude=["*.log"]), "x/a.log", OUT),
        (Given(exclude=["*.log"]), "x/a.txt", TAKE),
        (Given(include=["/docs/"]), "docs/a", TAKE),
        (Given(include=["/docs/"]), "a", OUT),
        # Top-level folders of the bucket.
        (Given(folders=["team"]), "team/a", TAKE),
        (Given(folders=["team/"]), "team/a", TAKE),
        (Given(folders=["team", "other"]), "other/x/a", TAKE),
        (Given(folders=["team"]), "team", OUT),
        (Given(folders=["team"]), "teams/a", OUT),
        (Given(folders=["team"]), "team-b/a", OUT),
        (Given(folders=["team"]), "x/team/a", OUT),
        (Given(folders=["team"]), "a", OUT),
        (Given(folders=["team"]), ".env", OUT),
        (Given(folders=["team"]), "team/.env", SECRET),
        # A state folder of another name is ours too.
        (Given(state=["var/state"]), "var/state/base.sqlite", OUT),
        (Given(state=["var/state"]), "var/states/a", TAKE),
        (Given(state=["var/state"]), "var/state", TAKE),
        # Mapped keys lie outside of folders, and no filter applies to them.
        (Given(files={"c.json": "conf/c.json"}, folders=["team"]), "conf/c.json", TAKE),
        (Given(files={"c.json": "conf/c.json"}, exclude=["conf/"]), "conf/c.json", TAKE),
        (Given(files={"env": ".env"}), ".env", TAKE),
        (Given(upload_files={"r.pdf": "public/r.pdf"}, folders=["x"]), "public/r.pdf", TAKE),
        (Given(files={"c.json": "conf/c.json"}, folders=["team"]), "conf/d.json", OUT),
        # What one run is narrowed to.
        (Given(run=RunFilter(paths=["x/"])), "x/a", TAKE),
        (Given(run=RunFilter(paths=["x/"])), "y/a", LEAVE),
        (Given(run=RunFilter(exclude=["*.log"])), "a.log", LEAVE),
        (Given(run=RunFilter(include=["*.png"])), "a.txt", LEAVE),
        (Given(run=RunFilter(include_pattern="a$")), "b", LEAVE),
        # A run looks at no more than the configuration covers, and never speaks of the rest.
        (Given(run=RunFilter(paths=["x/"]), exclude=["x/"]), "x/a", OUT),
        (Given(run=RunFilter(paths=["x/"]), exclude=["y/"]), "y/a", LEAVE),
        (Given(run=RunFilter(paths=["x/"])), ".env", LEAVE),
        (Given(run=RunFilter(paths=["x/"]), folders=["x"]), "y/a", LEAVE),
        (Given(run=RunFilter(paths=["x/"]), files={"f": "m"}), "m", LEAVE),
        (Given(run=RunFilter(paths=["m"]), files={"f": "m"}), "m", TAKE),
    ],
)
def test_a_key_takes_part_or_not(settings_: Given, key: str, answer: Judgement) -> None:
    assert scope(settings_).judge(key) is answer


# Where a key lives that only the bucket has.


@pytest.mark.parametrize(
    ("roots", "key", "home"),
    [
        ([root("demo"), root("more", direction=PUSH)], "a", "demo"),
        # The longest `to` wins, wherever it is listed.
        ([root("demo"), root("data", "data/")], "data/a", "data"),
        ([root("data", "data/"), root("demo")], "data/a", "data"),
        ([root("demo"), root("data", "data/"), root("raw", "data/raw/")], "data/raw/a", "raw"),
        ([root("demo"), root("data", "data/"), root("raw", "data/raw/")], "data/a", "data"),
        ([root("demo"), root("data", "data/")], "database/a", "demo"),
        ([root("demo"), root("data", "data/")], "data", "demo"),
        # Among equals the first that is listed.
        ([root("one"), root("two")], "a", "one"),
        ([root("one", "x/"), root("two", "x/")], "x/a", "one"),
        # A root that is only pushed lets nothing in, so the next one that fits does.
        ([root("demo"), root("data", "data/", PUSH)], "data/a", "demo"),
        ([root("push", direction=PUSH), root("pull", direction=PULL)], "a", "pull"),
        ([root("data", "data/", PULL), root("demo")], "data/a", "data"),
        # Where nothing lets it in, the longest still answers for it.
        ([root("one", direction=PUSH), root("data", "data/", PUSH)], "data/a", "data"),
        # No root reaches it.
        ([root("data", "data/")], "a", None),
        ([root("data", "data/", PUSH)], "dat/a", None),
    ],
)
def test_a_key_of_the_bucket_finds_the_root_it_comes_to(
    roots: list[Place], key: str, home: str | None
) -> None:
    found = scope(Given(roots=roots)).home(key)
    assert (found and found.origin) == home


def test_a_mapped_key_comes_to_its_file_and_to_no_root() -> None:
    settings_ = Given(files={"c.json": "conf/c.json"}, upload_files={"r.pdf": "public/r.pdf"})
    found = scope(settings_)
    assert found.home("conf/c.json") == Place(mapping("c.json", "conf/c.json"), BOTH)
    assert found.home("public/r.pdf") == Place(mapping("r.pdf", "public/r.pdf"), PUSH)
    assert found.home("conf/d.json") == root()


def test_the_own_path_of_a_mapped_file_is_no_home_for_anything() -> None:
    found = scope(Given(files={"c.json": "conf/c.json"}))
    assert found.home("c.json") is None
    overlaid = scope(Given(roots=[root("one"), root("two")], files={"c.json": "conf/c.json"}))
    home = overlaid.home("c.json")
    assert home is not None
    assert home.origin == "two"


@pytest.mark.parametrize(
    ("outer", "inner", "left"),
    [
        (BOTH, BOTH, BOTH),
        (BOTH, PUSH, PUSH),
        (BOTH, PULL, PULL),
        (PUSH, BOTH, PUSH),
        (PUSH, PUSH, PUSH),
        (PUSH, PULL, None),
        (PULL, BOTH, PULL),
        (PULL, PULL, PULL),
        (PULL, PUSH, None),
    ],
)
def test_an_entry_may_only_narrow_the_direction_of_its_bucket(
    outer: Direction, inner: Direction, left: Direction | None
) -> None:
    assert narrowed(outer, inner) is left


# What a base row's root still reaches.


@pytest.mark.parametrize(
    ("settings_", "origin", "key", "covered"),
    [
        (Given(), ROOT, "a", True),
        (Given(), "gone", "a", False),
        (Given(roots=[root("data", "data/")]), "data", "data/a", True),
        # The `to` of the root has changed.
        (Given(roots=[root("data", "data/")]), "data", "a", False),
        (Given(roots=[root("data", "data/")]), "data", "data", False),
        # The direction has changed, which moves no key.
        (Given(roots=[root(direction=PUSH)]), ROOT, "a", True),
        # The key is mapped now, or its file is.
        (Given(files={"c.json": "conf/c.json"}), ROOT, "conf/c.json", False),
        (Given(files={"c.json": "conf/c.json"}), ROOT, "c.json", False),
        (Given(files={"c.json": "conf/c.json"}), C_JSON, "conf/c.json", True),
        # The mapping is of another file now.
        (Given(files={"d.json": "conf/c.json"}), C_JSON, "conf/c.json", False),
        (Given(files={"c.json": "conf/c.json"}), ROOT, "conf/d.json", True),
        # The mapping is gone, or another one.
        (Given(), C_JSON, "conf/c.json", False),
        (Given(files={"c.json": "other.json"}), C_JSON, "conf/c.json", False),
        (Given(files={"c.json": "one", "d.json": "two"}), mapping("c.json", "one"), "two", False),
    ],
)
def test_a_row_is_covered_while_its_root_reaches_the_key(
    settings_: Given, origin: str, key: str, covered: bool
) -> None:
    assert scope(settings_).covers(origin, key) is covered


@pytest.mark.parametrize(
    ("origin", "key", "hidden"),
    [
        ("one", "c.json", True),
        ("two", "c.json", False),
        ("one", "conf/c.json", True),
        ("two", "conf/c.json", True),
        ("one", "a", False),
        ("one", "conf/d.json", False),
        (C_JSON, "conf/c.json", False),
        # A root may be called like a mapped key; the file of that name in it is another one.
        ("conf/c.json", "conf/c.json", True),
    ],
)
def test_a_mapped_file_has_only_its_mapped_key_and_the_key_only_this_file(
    origin: str, key: str, hidden: bool
) -> None:
    settings_ = Given(roots=[root("one"), root("two")], files={"c.json": "conf/c.json"})
    assert scope(settings_).is_hidden(origin, key) is hidden


def test_places_are_known_by_their_names() -> None:
    found = scope(Given(roots=[root("one"), root("two", "x/")], files={"c": "m"}))
    assert found.place("one") == root("one")
    assert found.place("two") == root("two", "x/")
    assert found.place(mapping("c", "m")) == Place(mapping("c", "m"), BOTH)
    assert found.place("m") is None
    assert found.place("three") is None


@pytest.mark.parametrize(
    ("given_", "origin", "copy", "lives"),
    [
        (Given(roots=[root("one"), root("two", "x/", PUSH)]), "one", "a.conflict", "one"),
        # A copy stays beside its key, also in a root that lets nothing in.
        (Given(roots=[root("one"), root("two", "x/", PUSH)]), "two", "x/a.conflict", "two"),
        # Beside a mapped key it comes to the root that lets it in, if there is one.
        (Given(files={"c.json": "conf/c.json"}), C_JSON, "conf/c.conflict.json", ROOT),
        (
            Given(roots=[root(direction=PUSH)], files={"c.json": "conf/c.json"}),
            C_JSON,
            "conf/c.conflict.json",
            None,
        ),
        (
            Given(roots=[root("one", "x/")], files={"c.json": "conf/c.json"}),
            C_JSON,
            "conf/c.conflict.json",
            None,
        ),
    ],
)
def test_a_conflict_copy_lives_beside_its_key_or_where_the_bucket_would_put_it(
    given_: Given, origin: str, copy: str, lives: str | None
) -> None:
    assert scope(given_).beside(origin, copy) == lives


# What a scan need not enter.


@pytest.mark.parametrize(
    ("settings_", "folder", "pruned"),
    [
        (Given(), "x", False),
        (Given(), ".buckia.state", True),
        (Given(), "x/.buckia-tmp-1", True),
        (Given(state=["var/state"]), "var/state", True),
        (Given(state=["var/state"]), "var", False),
        (Given(state=["var/state"]), "var/states", False),
        (Given(), ".git", True),
        (Given(exclude=["x/"]), "x", True),
        (Given(exclude=["x/"]), "y/x", True),
        (Given(exclude=["x/"]), "y", False),
        (Given(folders=["team"]), "team", False),
        (Given(folders=["team"]), "team/x", False),
        (Given(folders=["team"]), "other", True),
        (Given(folders=["team"]), "teams", True),
        (Given(folders=["team/inner"]), "team", False),
        (Given(folders=["team/inner"]), "team/outer", True),
        (Given(run=RunFilter(paths=["x/y/"])), "x", False),
        (Given(run=RunFilter(paths=["x/y/"])), "x/z", True),
        (Given(run=RunFilter(paths=["x/y/"])), "z", True),
        # What is mapped may lie where nothing else takes part.
        (Given(files={"c": "x/c"}, exclude=["x/"]), "x", False),
        (Given(files={"c": "x/c"}, exclude=["x/"]), "x/y", True),
    ],
)
def test_a_folder_is_passed_by_where_nothing_can_take_part(
    settings_: Given, folder: str, pruned: bool
) -> None:
    assert scope(settings_).prunes(folder) is pruned


names = st.sampled_from(["a", "b", "team", ".git", ".env", ".buckia.state", "x.log"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@st.composite
def configurations(draw: st.DrawFn) -> Given:
    patterns = st.lists(st.sampled_from(["a/", "/b", "*.log", "a/b", "!.env"]), max_size=2)
    narrow = draw(st.lists(paths.filter(lambda path: ".buckia" not in path), max_size=2))
    mapped = draw(st.none() | paths.filter(lambda path: ".buckia" not in path))
    return Given(
        exclude=draw(patterns),
        folders=draw(st.lists(st.sampled_from(["a", "team"]), max_size=2, unique=True)),
        files={} if mapped is None else {"elsewhere": mapped},
        state=draw(st.lists(st.just("a/team"), max_size=1)),
        run=RunFilter(paths=narrow),
    )


@settings(max_examples=300)
@given(configurations(), paths, paths)
def test_nothing_takes_part_below_a_folder_that_is_passed_by(
    settings_: Given, folder: str, below: str
) -> None:
    found = scope(settings_)
    key = f"{folder}/{below}"
    if found.prunes(folder) and key not in found.mapped:
        assert found.judge(key) is not TAKE


def test_a_scope_says_whether_its_run_is_narrowed() -> None:
    assert not scope(Given()).is_narrowed
    assert not scope(Given(exclude=["x/"], folders=["a"])).is_narrowed
    assert scope(Given(run=RunFilter(paths=["x/"]))).is_narrowed
