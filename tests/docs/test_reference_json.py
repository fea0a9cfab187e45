"""The documents shown have the form of real ones, and the exit codes are those of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.cli.codes import RANK, ExitCode
from buckia.config import BucketConfig
from buckia.errors import BuckiaError
from buckia.model import Policy
from buckia.plan.actions import WORDS
from buckia.reconcile import EDIT_WINS, ELSEWHERE
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Script, denied
from tests.docs.blocks import blocks
from tests.docs.house import House
from tests.docs.tables import codes, sections, tables
from tests.inbound.world import NOTES, World, change_id, document, note
from tests.showcase.world import put, write

TEXT = (Path(__file__).parents[2] / "docs/reference/exit-codes-and-json.md").read_text("utf-8")
SHOWN = {
    title: json.loads(block.text)
    for title, body in sections(TEXT, level=3).items()
    for block in blocks(body)
    if block.language == "json"
}
TABLES = {table[0][0]: table[1:] for table in tables(TEXT)}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Shopping lists that agreed, and that both sides changed since."""
    house = House(tmp_path)
    house.configure(conflict_resolution="ask")
    house.write(house.here, "shopping.txt", "same.txt")
    house.document("sync")
    house.write(house.here, "shopping.txt", text="Bread, milk\n")
    house.write(house.there, "shopping.txt", text="Bread, tea\n")
    return house


def form(value: Any) -> Any:
    """What kind of values a document has, and where."""
    match value:
        case dict():
            return {name: form(one) for name, one in value.items()}
        case list():
            return [form(value[0])] if value else []
    return type(value).__name__


def alike(shown: Any, real: Any) -> None:
    """Fail unless both have the same form; lists may be empty, and digests are what they are."""
    match shown, real:
        case dict(), dict():
            assert list(shown) == list(real)
            for name in shown:
                if name != "digests":
                    alike(shown[name], real[name])
        case list(), list():
            for one in real:
                alike(shown[0], one)
        case _:
            assert form(shown) == form(real)


def filled(value: Any) -> bool:
    """Whether all lists in a document have something in them, so that all of it is compared."""
    match value:
        case dict():
            return all(filled(one) for one in value.values())
        case list():
            return bool(value) and all(filled(one) for one in value)
    return True


def test_the_document_of_a_sync(tmp_path: Path) -> None:
    house = House(tmp_path)
    refused = [At(one, denied(), key="calls.txt") for one in ("write", "write_if")]
    house.rent(Script(*refused), conflict_resolution="local_wins")
    house.write(house.here, "shopping.txt")
    house.document("sync")
    assert house.store is not None
    house.store.store.write("shopping.txt", BytesBody(data=b"Bread, tea\n"))
    house.write(house.here, "shopping.txt", text="Bread, milk\n")
    house.write(house.here, "calls.txt")
    house.offer("../../.ssh/authorized_keys")
    real = house.document("sync")
    assert filled(real)
    alike(SHOWN["buckia sync --json"], real)
    assert [one["path"] for one in real["buckets"][0]["failed"]] == ["calls.txt"]


def test_the_document_of_a_bucket_that_was_stopped(house: House) -> None:
    for name in ("shopping.txt", "same.txt"):
        (house.here / name).unlink()
    alike(SHOWN["A bucket that was stopped"], house.document("sync"))


def test_the_document_of_a_command_that_never_began(house: House) -> None:
    alike(SHOWN["A command that never began"], house.document("sync", "nots"))
    assert list(house.document("ls", "--bucket", "nots")) == ["error"]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("buckia conflicts --json", ["conflicts"]),
        ("buckia verify --json", ["verify"]),
        ("buckia doctor --json", ["doctor"]),
        ("buckia ls --json", ["ls"]),
        ("buckia get --json", ["get", "shopping.txt", "fetched.txt"]),
        ("buckia get --json", ["put", "same.txt", "new.txt"]),
        ("buckia rm --json", ["rm", "same.txt", "nothing.txt"]),
        ("buckia providers --json", ["providers"]),
    ],
)
def test_the_document_of_a_command(title: str, words: list[str], house: House) -> None:
    real = house.document(*words)
    assert any(real.values())
    alike(SHOWN[title], real)


def test_the_documents_of_the_trash(house: House) -> None:
    house.document("resolve", "shopping.txt", "--keep", "remote")
    alike(SHOWN["buckia restore --list --json"], house.document("restore", "--list"))
    alike(SHOWN["buckia restore PATH --json"], house.document("restore", "shopping.txt"))


def test_the_document_of_an_address(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.rent(store=MemoryStore())
    house.offer("shopping.txt")
    alike(SHOWN["buckia url --json"], house.document("url", "shopping.txt"))


def test_the_document_of_init(tmp_path: Path) -> None:
    house = House(tmp_path)
    words = ["--provider", "local", "--bucket-name", "new", "--root", str(house.nas), "--force"]
    alike(SHOWN["buckia init --json"], house.document("init", *words))


def test_the_document_of_changes_from_others(tmp_path: Path) -> None:
    house = House(tmp_path)
    World(house.here, NOTES, inbound=False)
    tables = {"notes": "*", "missing": "*"}
    house.configure(inbound={"database": "App.sqlite", "folder": "inbound/", "tables": tables})
    missing = {"table": "missing", "action": "delete", "key": {"id": 1}}
    (house.there / "inbound").mkdir()
    (house.here / "inbound/drafts").mkdir(parents=True)
    for name, changes in {
        "bad": [note(3)],
        change_id(1): [note(3)],
        change_id(2): [missing],
    }.items():
        (house.there / f"inbound/{name}.json").write_bytes(document(changes, name))
    for name in (change_id(3), change_id(4)):
        (house.there / f"inbound/{name}.json").write_bytes(document([note(9)], name))
    said = house.document("sync")["buckets"][0]
    (house.there / f"inbound/{change_id(0)}.json").write_bytes(b"{")
    again = house.document("sync")["buckets"][0]["inbound"]
    real = {**said["inbound"], "quarantined": again["quarantined"]}
    assert filled(real)
    alike(SHOWN["Changes from others"], real)


def test_the_document_of_a_difference(tmp_path: Path) -> None:
    house = House(tmp_path)
    old, new = (World(tmp_path / name, NOTES).database for name in ("old", "new"))
    alike(
        {"changes": 0, "path": None, "file": None},
        house.document("app", "diff", str(old), str(new)),
    )
    World(tmp_path / "new", ["UPDATE notes SET text = 'new' WHERE id = 1"], inbound=False)
    real = house.document("app", "diff", str(old), str(new))
    alike(SHOWN["buckia app diff --json"], real)
    out = house.document("app", "diff", str(old), str(new), "--out", str(tmp_path / "out"))
    assert (out["changes"], out["file"]) == (1, None)
    assert len(json.loads(Path(out["path"]).read_bytes())["changes"]) == 1


@pytest.fixture
def with_a_demo(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.configure(
        folders=["7f3a"],
        demo={
            "folder": "demo",
            "database": "App.sqlite",
            "rows": {"column": "is_demo", "value": 1},
        },
    )
    write(house.here / "7f3a/App.sqlite", [(9, "mine", 0), (5, "old", 1)])
    write(house.there / "demo/App.sqlite", [(1, "forest", 1)])
    put(house.here, {"7f3a/lake.jpg": "mine"})
    put(house.there, {"demo/lake.jpg": "demo", "demo/forest.jpg": "demo"})
    return house


def test_the_document_of_a_reset(with_a_demo: House) -> None:
    alike(SHOWN["buckia app reset --json"], with_a_demo.document("app", "reset"))


def test_the_document_of_an_update_of_the_demo(with_a_demo: House) -> None:
    user = with_a_demo.here / "7f3a/App.sqlite"
    script = "CREATE TABLE likes (photo REFERENCES photos); INSERT INTO likes VALUES (5);"
    write(user, [], script)
    real = with_a_demo.document("app", "update-demo")
    assert all(real[name] for name in ("left_rows", "cloned", "left_files", "kept"))
    alike(SHOWN["buckia app update-demo --json"], real)


def test_every_document_shown_is_compared_with_a_real_one() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [title for title in SHOWN if f'"{title}"' not in source] == []


def test_the_table_has_every_exit_code_and_the_text_their_order() -> None:
    assert [int(row[0]) for row in TABLES["exit"]] == sorted(ExitCode)
    [order] = re.findall(r"the first of ([\d, ]+) is the exit code", TEXT)
    assert [int(code) for code in order.split(", ")] == list(RANK)


def test_every_action_resolution_and_kind_of_error_that_is_named_exists() -> None:
    rows = {row[0]: set(codes(row[1])) for row in TABLES["field"]}
    assert rows["`actions[].action`"] == set(WORDS.values())
    resolutions = {EDIT_WINS, ELSEWHERE, *map(str, Policy)} - {"newest_wins"}
    assert rows["`conflicts[].resolution`"] == resolutions
    kinds = {one.__name__ for one in _below(BuckiaError)}
    assert set(re.findall(r'"(?:kind|error)": "(\w+)"', TEXT)) <= kinds


def _below(kind: type[BuckiaError]) -> set[type[BuckiaError]]:
    return {kind}.union(*(_below(one) for one in kind.__subclasses__()))


def test_a_configuration_error_of_a_program_has_the_kind_that_is_shown() -> None:
    with pytest.raises(BuckiaError) as caught:
        BucketConfig(provider="local")
    assert caught.value.kind == SHOWN["A command that never began"]["error"]["kind"]


def test_a_document_of_another_form_is_noticed() -> None:
    shown = {"a": [{"b": 1}], "c": None}
    alike(shown, {"a": [], "c": None})
    others: list[dict[str, Any]] = [
        {"a": []},
        {"a": [{"b": "1"}], "c": None},
        {"a": [{}], "c": None},
    ]
    for other in others:
        with pytest.raises(AssertionError):
            alike(shown, other)
    assert filled({"a": [1]})
    assert not filled({"a": [{"b": []}]})
