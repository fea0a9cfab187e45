"""Single files that are mapped to keys of their own, inside and outside of roots and folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.errors import ConfigError, GuardStopped
from tests.engine.bench import Bench, actions, memory, put, skipped

Made = Callable[..., Bench]


@pytest.fixture
def mapped(made: Made) -> Bench:
    """One mapped file lies in the root, one beside it; a third is only uploaded."""
    return made(
        paths=["root"],
        files={"root/settings.json": "config/settings.json", "beside.txt": "config/beside.txt"},
        upload_files={"build/report.pdf": "public/report.pdf"},
    )


def filled(bench: Bench) -> None:
    bench.put_here("root/a", "a")
    bench.put_here("root/settings.json", "settings")
    bench.put_here("beside.txt", "beside")
    bench.put_here("build/report.pdf", "report")
    bench.done(delete_orphaned=True)


def test_mapped_files_have_their_keys_and_no_other(mapped: Bench) -> None:
    filled(mapped)
    assert mapped.there() == {
        "a": b"a",
        "config/settings.json": b"settings",
        "config/beside.txt": b"beside",
        "public/report.pdf": b"report",
    }
    assert mapped.rows().keys() == mapped.there().keys()


def test_an_edit_of_a_mapped_file_is_uploaded(mapped: Bench) -> None:
    filled(mapped)
    for key in ("root/settings.json", "beside.txt", "build/report.pdf"):
        mapped.put_here(key, f"edited {key}")
    result = mapped.done()
    assert result.uploaded == 3
    assert mapped.there()["config/settings.json"] == b"edited root/settings.json"
    assert mapped.there()["config/beside.txt"] == b"edited beside.txt"
    assert mapped.there()["public/report.pdf"] == b"edited build/report.pdf"


def test_an_edit_in_the_bucket_comes_to_the_mapped_file(mapped: Bench) -> None:
    filled(mapped)
    mapped.put_there("config/settings.json", "edited there")
    mapped.put_there("config/beside.txt", "edited there too")
    result = mapped.done()
    assert result.downloaded == 2
    assert mapped.here()["root/settings.json"] == b"edited there"
    assert mapped.here()["beside.txt"] == b"edited there too"


def test_an_uploaded_file_is_never_written_to(mapped: Bench) -> None:
    filled(mapped)
    mapped.put_there("public/report.pdf", "edited there")
    mapped.done()
    assert mapped.here()["build/report.pdf"] == b"report"
    assert mapped.there()["public/report.pdf"] == b"report"
    assert [(one.key, one.data) for one in mapped.trash()] == [
        ("public/report.pdf", b"edited there")
    ]


def test_a_mapped_file_comes_from_the_bucket_when_it_is_new_there(mapped: Bench) -> None:
    mapped.put_here("root/a", "a")
    mapped.put_there("config/beside.txt", "from there")
    mapped.put_there("public/report.pdf", "never wanted here")
    mapped.done()
    assert mapped.here() == {"root/a": b"a", "beside.txt": b"from there"}


@pytest.mark.parametrize("deletes", [True, False])
def test_the_deletion_of_a_mapped_file_travels_like_any_other(mapped: Bench, deletes: bool) -> None:
    filled(mapped)
    mapped.drop_here("beside.txt")
    mapped.drop_there("config/settings.json")
    mapped.done(delete_orphaned=deletes)
    assert ("beside.txt" in mapped.here()) is not deletes
    assert ("config/beside.txt" in mapped.there()) is not deletes
    assert ("root/settings.json" in mapped.here()) is not deletes


def test_a_mapped_key_is_taken_from_no_root(mapped: Bench) -> None:
    filled(mapped)
    mapped.put_here("root/config/beside.txt", "from the root, which does not have this key")
    result = mapped.done()
    assert mapped.there()["config/beside.txt"] == b"beside"
    assert mapped.here()["beside.txt"] == b"beside"
    assert not result.uploaded


def test_no_filter_applies_to_a_mapped_file(made: Made) -> None:
    bench = made(
        paths=["root"],
        files={"root/a.env": "keys/.env", "root/b.log": "b.log"},
        exclude=["*.log", "keys/"],
    )
    bench.put_here("root/a.env", "a")
    bench.put_here("root/b.log", "b")
    bench.put_here("root/other.log", "stays here")
    bench.done()
    assert bench.there() == {"keys/.env": b"a", "b.log": b"b"}


def test_what_narrows_a_run_applies_to_mapped_keys_too(mapped: Bench) -> None:
    mapped.put_here("root/a", "a")
    mapped.put_here("beside.txt", "beside")
    mapped.sync(sync_paths=["config/"])
    assert mapped.there() == {"config/beside.txt": b"beside"}
    mapped.sync(sync_paths=["a"])
    assert mapped.there() == {"config/beside.txt": b"beside", "a": b"a"}


def test_a_mapped_key_outside_of_the_folders_is_asked_for_by_name(made: Made) -> None:
    bench = made(folders=["one"], paths=["root"], files={"settings.json": "shared/settings.json"})
    bench.put_here("root/one/a", "a")
    bench.put_here("settings.json", "settings")
    bench.put_there("shared/other", "nobody's business")
    bench.script()
    bench.done()
    assert set(bench.store.called("scan")) == {"one/"}
    assert bench.there().keys() == {"one/a", "shared/settings.json", "shared/other"}
    assert "root/shared/other" not in bench.here()
    bench.put_there("shared/settings.json", "edited there")
    bench.done()
    assert bench.here()["settings.json"] == b"edited there"


def test_a_mapped_key_inside_of_a_folder_is_listed_with_it(made: Made) -> None:
    bench = made(folders=["one"], paths=["root"], files={"settings.json": "one/settings.json"})
    bench.put_here("root/one/a", "a")
    bench.put_here("settings.json", "settings")
    bench.done()
    bench.script()
    assert not bench.sync().actions
    assert bench.asked()["stat"] == 0
    bench.put_there("one/settings.json", "edited there")
    bench.done()
    assert bench.here() == {"root/one/a": b"a", "settings.json": b"edited there"}


def test_a_mapping_that_is_taken_back_deletes_nothing(mapped: Bench) -> None:
    filled(mapped)
    here, there = mapped.here(), mapped.there()
    with mapped.client(files={}, upload_files={}) as client:
        result = client.sync(delete_orphaned=True)
    # What was mapped has keys of the root now, as far as the root lets them in.
    assert not result.deleted
    assert there.items() <= mapped.there().items()
    assert here.items() <= mapped.here().items()


def test_a_conflict_of_a_mapped_file_keeps_both_versions(mapped: Bench) -> None:
    filled(mapped)
    mapped.put_here("root/settings.json", "edited here")
    mapped.put_there("config/settings.json", "edited there")
    result = mapped.done(conflict_resolution="keep_both")
    [conflict] = result.conflicts
    assert conflict.kept is not None
    assert conflict.kept.startswith("config/settings.conflict-")
    assert mapped.here()["root/settings.json"] == b"edited there"
    assert mapped.there()["config/settings.json"] == b"edited there"
    assert mapped.there()[conflict.kept] == b"edited here"
    assert mapped.here()[f"root/{conflict.kept}"] == b"edited here"


def test_a_conflict_of_a_mapped_file_loses_nothing_where_no_root_takes_the_copy(
    made: Made,
) -> None:
    bench = made(folders=["one"], paths=["root"], files={"settings.json": "shared/settings.json"})
    bench.put_here("root/one/a", "a")
    bench.put_here("settings.json", "settings")
    bench.done()
    bench.put_here("settings.json", "edited here")
    bench.put_there("shared/settings.json", "edited there")
    result = bench.done(conflict_resolution="keep_both")
    assert [one.path for one in result.conflicts] == ["shared/settings.json"]
    kept = {*bench.there().values(), *bench.here().values()}
    assert {b"edited here", b"edited there"} <= kept
    assert bench.here()["settings.json"] == bench.there()["shared/settings.json"]


def test_a_mapped_key_may_be_the_name_of_a_folder_of_a_root(made: Made) -> None:
    bench = made(paths=["root"], files={"settings.json": "a"})
    bench.put_here("settings.json", "settings")
    bench.put_here("root/a/b", "in the folder")
    result = bench.done()
    assert bench.here() == {"settings.json": b"settings", "root/a/b": b"in the folder"}
    assert bench.there() == {"a": b"settings", "a/b": b"in the folder"}
    assert not result.conflicts


def test_a_mapped_file_stays_in_its_place_where_the_bucket_is_a_tree(made: Made) -> None:
    bench = made(memory(flat=False), paths=["root"], files={"settings.json": "a"})
    bench.put_here("settings.json", "settings")
    bench.put_here("root/a/b", "in the folder")
    bench.sync()
    assert b"settings" in {*bench.here().values(), *(one.data for one in bench.trash())}
    assert bench.here()["root/a/b"] == b"in the folder"


def test_a_rename_into_a_mapped_file_moves_its_key(mapped: Bench) -> None:
    filled(mapped)
    mapped.drop_here("beside.txt")
    mapped.rename_here("root/a", "beside.txt")
    mapped.done(delete_orphaned=True)
    assert mapped.there()["config/beside.txt"] == b"a"
    assert "a" not in mapped.there()


@pytest.mark.parametrize(
    ("files", "uploads"),
    [
        ({"a": "k", "b": "k"}, {}),
        ({"a": "k"}, {"b": "k"}),
        ({"a": "k"}, {"a": "l"}),
        ({"a": "k", "./a": "l"}, {}),
    ],
)
def test_two_mappings_to_one_key_or_one_file_are_an_error(
    tmp_path: Path, files: dict[str, str], uploads: dict[str, str]
) -> None:
    with pytest.raises(ConfigError):
        Bench(tmp_path, files=files, upload_files=uploads)


def test_an_absolute_mapped_file_is_found_wherever_it_lies(made: Made, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "a.txt"
    put(elsewhere, "from elsewhere")
    bench = made(paths=["root"], files={str(elsewhere): "a.txt"})
    bench.put_here("root/b", "b")
    bench.done()
    assert bench.there()["a.txt"] == b"from elsewhere"
    bench.put_there("a.txt", "edited there")
    bench.done()
    assert elsewhere.read_bytes() == b"edited there"


def test_a_pull_does_not_touch_what_is_only_uploaded(mapped: Bench) -> None:
    filled(mapped)
    mapped.put_here("build/report.pdf", "edited here")
    mapped.put_there("public/report.pdf", "edited there")
    result = mapped.sync(direction="pull", delete_orphaned=True)
    assert not actions(result)
    assert mapped.here()["build/report.pdf"] == b"edited here"
    assert mapped.there()["public/report.pdf"] == b"edited there"


def test_a_mapped_file_that_is_all_there_is_may_be_the_only_one(made: Made) -> None:
    bench = made(paths=["root"], files={"settings.json": "settings.json"})
    (bench.root / "root").mkdir()
    bench.put_here("settings.json", "settings")
    bench.done()
    bench.put_here("settings.json", "edited")
    try:
        result = bench.sync()
    except GuardStopped as error:
        pytest.fail(f"nothing is empty that was not before: {error.message}")
    assert result.uploaded == 1
    assert not skipped(result)
