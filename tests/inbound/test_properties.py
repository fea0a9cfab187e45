"""Whatever stands in a file: nothing changes that nobody allowed, and nothing else is raised."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from buckia.inbound.changes import DEFAULT_LIMITS, Action, Change, ChangeFile
from buckia.inbound.document import decode, encode
from buckia.inbound.permission import Permission
from buckia.inbound.trouble import Refused
from buckia.inbound.values import Kind, fits, unsound
from tests.inbound.world import ID, World, document

TABLES = (
    "CREATE TABLE free (id INTEGER PRIMARY KEY, text TEXT, n NUMERIC, b BLOB)",
    "CREATE TABLE partly (id INTEGER PRIMARY KEY, text TEXT, owner TEXT)",
    "CREATE TABLE pairs (a TEXT, b REAL, v, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TABLE secrets (id INTEGER PRIMARY KEY, text TEXT)",
    "CREATE VIEW seen AS SELECT * FROM secrets",
    "INSERT INTO free VALUES (1, 'one', 1, x'01'), (2, 'two', 2, x'02')",
    "INSERT INTO partly VALUES (1, 'one', 'ann'), (2, 'two', 'bob')",
    "INSERT INTO pairs VALUES ('a', 1, 'x'), ('', 0, NULL)",
    "INSERT INTO secrets VALUES (1, 'key')",
)
PERMISSION = Permission({"free": "*", "partly": ("text",), "pairs": "*", "seen": "*"})

pytestmark = pytest.mark.usefixtures("quick_disk")

tables = st.sampled_from(["free", "partly", "pairs", "secrets", "seen", "sqlite_master", "FREE"])
columns = st.sampled_from(["id", "text", "owner", "n", "a", "b", "v", "rowid"])
numbers = st.integers(-2, 3) | st.integers() | st.floats()
values = st.none() | numbers | st.text(max_size=5) | st.sampled_from(["a", "1", "", "key"])
blobs = st.builds(lambda text: {"base64": text}, st.sampled_from(["", "AQ==", "AQ=", "A"]))
odd: st.SearchStrategy[Any] = st.booleans() | st.lists(st.none()) | st.just({})
rows = st.dictionaries(
    columns | st.text(max_size=3), st.one_of(values, values, blobs, odd), max_size=3
)
actions = st.sampled_from(["insert", "update", "delete"]) | st.text(max_size=6)
likely = st.fixed_dictionaries(
    {
        "table": st.sampled_from(["free", "partly"]),
        "action": st.sampled_from(["insert", "update", "delete"]),
        "key": st.fixed_dictionaries({"id": st.integers(1, 4)}),
    },
    optional={"values": st.dictionaries(st.sampled_from(["text", "owner"]), st.text(max_size=3))},
)
unlikely = st.fixed_dictionaries(
    {"table": tables | st.text(max_size=5), "action": actions, "key": rows},
    optional={"values": rows, "extra": st.none()},
)
documents = st.lists(likely | unlikely, max_size=4).map(document)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A document with a piece of it put elsewhere."""
    content = draw(documents)
    start, end, to = (draw(st.integers(0, len(content))) for _ in range(3))
    return content[:to] + content[start:end] + content[to + draw(st.integers(0, 9)) :]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("template") / "world", TABLES)


@settings(deadline=None, max_examples=300)
@given(content=st.one_of(documents, documents, damaged(), st.binary(max_size=99)))
def test_no_file_changes_what_is_not_allowed(template: World, content: bytes) -> None:
    before = template.rows()
    kept = template.database.with_name("kept")
    shutil.copy(template.database, kept)
    template.put(content)
    result = template.apply(PERMISSION)
    after = template.rows()
    schema = tables_of(template.database)
    shutil.move(kept, template.database)
    for path in template.inbound.iterdir():
        path.unlink()
    assert result.stopped is None
    assert len(result.applied) + len(result.quarantined) == 1
    event("applied" if result.applied else "refused")
    assert after["secrets"] == before["secrets"]
    assert schema - {"buckia_applied"} == tables_of(template.database)
    without = [{"id": row["id"], "owner": row["owner"]} for row in before["partly"]]
    assert [{"id": row["id"], "owner": row["owner"]} for row in after["partly"]] == without
    if not result.applied:
        assert after == before


def tables_of(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


sound = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    | st.binary()
)
names = st.text(st.characters(codec="utf-8"), min_size=1)


@given(
    names,
    st.dictionaries(names, sound.filter(lambda value: value is not None), min_size=1, max_size=3),
    st.dictionaries(names, sound, max_size=3),
)
def test_what_is_written_is_what_is_read(
    table: str, key: dict[str, Any], values: dict[str, Any]
) -> None:
    values = {name: value for name, value in values.items() if name not in key}
    file = ChangeFile(ID, "App.sqlite", (Change(table, Action.INSERT, key, values),))
    found = decode(encode(file, DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert found == file
    [change] = found.changes
    assert [type(value) for value in change.key.values()] == [type(one) for one in key.values()]


@given(st.binary() | st.text().map(str.encode) | damaged())
def test_reading_raises_nothing_but_that_a_file_is_refused(content: bytes) -> None:
    try:
        file = decode(content, DEFAULT_LIMITS)
    except Refused as error:
        assert error.message  # noqa: PT017 - either way is fine
    else:
        assert json.loads(content)["id"] == file.id


@pytest.fixture(scope="module")
def memory() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE t (integer INT, real REAL, text TEXT, blob BLOB, numeric DATE)"
        )
        yield connection


digits = st.text("0123456789.eE+- \t\v", max_size=8)


@settings(max_examples=500)
@given(
    column=st.sampled_from([kind for kind in Kind if kind is not Kind.ANY]), value=sound | digits
)
def test_a_value_that_fits_is_stored_as_it_is(
    memory: sqlite3.Connection, column: Kind, value: Any
) -> None:
    assert unsound(value, DEFAULT_LIMITS.value) == ""
    if fits(value, column):
        memory.execute("DELETE FROM t")
        memory.execute(f"INSERT INTO t ({column}) VALUES (?)", (value,))
        [(stored,)] = memory.execute(f"SELECT {column} FROM t")
        assert stored == value
        assert isinstance(stored, str) == isinstance(value, str)


@given(digits)
def test_a_text_fits_into_a_column_of_numbers_where_it_stays_a_text(
    memory: sqlite3.Connection, text: str
) -> None:
    memory.execute("DELETE FROM t")
    memory.execute("INSERT INTO t (numeric) VALUES (?)", (text,))
    [(stored,)] = memory.execute("SELECT typeof(numeric) FROM t")
    assert fits(text, Kind.NUMERIC) == (stored == "text")
