"""The reference names every method, argument, field, event and error of the library's face."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from buckia import BuckiaClient, SyncResult, errors, events
from buckia.client.asked import Wishes
from buckia.model import Skipped
from buckia.results import Conflict, Failure, Step
from tests.docs.tables import codes, sections, tables

TEXT = (Path(__file__).parents[2] / "docs/reference/python.md").read_text(encoding="utf-8")
TABLES = {table[0][0]: table[1:] for table in tables(TEXT)}
METHODS = {re.split(r"\W", code)[0]: code for row in TABLES["method"] for code in codes(row[0])[:1]}
FIELDS = {code: row[1] for row in TABLES["field"] for code in codes(row[0])}


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def test_every_method_of_the_client_is_in_the_table_and_no_other() -> None:
    assert METHODS.keys() == public(BuckiaClient)


@pytest.mark.parametrize("name", METHODS)
def test_the_arguments_of_a_method_are_those_it_takes(name: str) -> None:
    shown = METHODS[name].partition("(")[2].removesuffix(")")
    parameters = inspect.signature(getattr(BuckiaClient, name)).parameters.values()
    real = [one.name for one in parameters if one.name != "self" and one.kind != one.VAR_KEYWORD]
    words = [part.partition("=")[0].strip() for part in shown.split(",") if part]
    # A star parts what may be named only, dots stand for the arguments in the table below.
    assert [word for word in words if word not in {"*", "..."}] == real


def test_every_wish_is_in_the_table_and_no_other() -> None:
    shown = {code for row in TABLES["argument"] for code in codes(row[0])}
    assert shown == set(Wishes.__annotations__)


def test_every_field_of_a_result_is_in_the_table_and_no_other() -> None:
    assert FIELDS.keys() == set(SyncResult.__struct_fields__)


def test_every_property_and_method_of_a_result_is_named() -> None:
    text = " ".join(codes(sections(TEXT)["SyncResult"]))
    extra = public(SyncResult) - set(SyncResult.__struct_fields__)
    assert {name for name in extra if name not in text} == set()


@pytest.mark.parametrize(
    ("field", "kind"),
    [("conflicts", Conflict), ("failed", Failure), ("skipped", Skipped), ("actions", Step)],
)
def test_the_parts_of_a_result_are_named_with_their_fields(
    field: str, kind: type[msgspec.Struct]
) -> None:
    assert [kind.__name__, *kind.__struct_fields__] == codes(FIELDS[field])


def test_every_event_is_in_the_table_with_its_fields() -> None:
    shown = {codes(row[0])[0]: codes(row[2]) for row in TABLES["event"]}
    real = {
        kind.__name__: [name for name in kind.__struct_fields__ if name != "bucket"]
        for kind in events.Event.__subclasses__()
    }
    assert shown == real


def test_the_tree_of_errors_is_that_of_the_module() -> None:
    def below(kind: type[errors.BuckiaError]) -> list[str]:
        return [kind.__name__, *(name for one in kind.__subclasses__() for name in below(one))]

    real = [name for name in below(errors.BuckiaError) if hasattr(errors, name)]
    tree = re.findall(r"^[|` -]*([A-Z]\w+)", sections(TEXT)["Errors"], flags=re.MULTILINE)
    assert [name for name in tree if name in real] == real


def test_every_module_that_is_called_public_can_be_imported() -> None:
    names = [code for code in codes(sections(TEXT)["What is public"]) if code.startswith("buckia")]
    assert len(names) > 10
    for name in names:
        import_module(name)
