"""Ignore files, patterns and names that suggest secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from buckia.errors import AccessDenied
from buckia.stores.local.store import LocalStore
from tests.engine.bench import Bench, actions, put

Made = Callable[..., Bench]


IGNORE_TREE = {
    ".buckiaignore": "*.log\n/build/\n",
    "a.log": "x",
    "build/out": "x",
    "src/build/out": "x",
    "src/.buckiaignore": "!keep.log\n*.tmp\n",
    "src/keep.log": "x",
    "src/other.log": "x",
    "src/a.tmp": "x",
    "src/deep/b.tmp": "x",
    "src/deep/keep.log": "x",
    "src/deep/.buckiaignore": "!b.tmp\n",
    "a.tmp": "x",
}
TAKEN = {
    ".buckiaignore",
    "src/.buckiaignore",
    "src/deep/.buckiaignore",
    "src/build/out",
    "src/keep.log",
    "src/deep/keep.log",
    "src/deep/b.tmp",
    "a.tmp",
}


def test_ignore_files_hold_at_every_depth_and_deeper_ones_overrule(bench: Bench) -> None:
    for key, text in IGNORE_TREE.items():
        bench.put_here(key, text)
    bench.done()
    assert bench.there().keys() == TAKEN


@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_ignored_keys_are_touched_on_neither_side(bench: Bench, direction: str) -> None:
    for side in (bench.put_here, bench.put_there):
        side(".buckiaignore", "*.log\n")
        side("rest", "rest")
    bench.put_here("here.log", "h")
    bench.put_there("there.log", "t")
    bench.put_here("both.log", "one")
    bench.put_there("both.log", "another")
    result = bench.done(direction=direction, delete_orphaned=True)
    assert not result.conflicts
    assert bench.here().keys() == {".buckiaignore", "rest", "here.log", "both.log"}
    assert bench.there().keys() == {".buckiaignore", "rest", "there.log", "both.log"}


def test_an_ignore_file_of_the_bucket_holds_once_it_has_arrived(bench: Bench) -> None:
    bench.put_there(".buckiaignore", "*.log\n")
    bench.put_there("a.log", "x")
    bench.sync()
    assert "a.log" in bench.here(), "it is read from the local side, before the run"
    bench.put_here("b.log", "x")
    result = bench.sync(delete_orphaned=True)
    assert "b.log" not in bench.there()
    assert not result.actions
    assert "a.log" not in bench.rows()
    assert "a.log" in bench.here()


def test_ignore_files_of_several_roots_are_all_read_and_the_first_root_overrules(
    made: Made,
) -> None:
    bench = made(paths=["demo", "static"])
    put(bench.root / "demo/.buckiaignore", "*.a\n!both.c\n")
    put(bench.root / "static/.buckiaignore", "*.b\n*.c\n")
    for root in ("demo", "static"):
        for name in ("x.a", "x.b", "x.c", "both.c", "taken"):
            bench.put_here(f"{root}/{name}-{root}", "x")
            bench.put_here(f"{root}/{name}", "x")
    bench.sync()
    assert not {"x.a", "x.b", "x.c"} & bench.there().keys()
    assert {"both.c", "taken"} <= bench.there().keys()


def test_an_ignore_file_of_a_root_that_stands_for_a_part_holds_there_only(made: Made) -> None:
    bench = made(paths=["demo", {"path": "data", "to": "data/"}])
    put(bench.root / "data/.buckiaignore", "*.log\n")
    for key in ("demo/a.log", "data/a.log", "data/b"):
        bench.put_here(key, "x")
    bench.done()
    assert bench.there().keys() == {"a.log", "data/.buckiaignore", "data/b"}


def test_the_configuration_overrules_ignore_files_and_a_run_overrules_both(made: Made) -> None:
    bench = made(exclude=["!wanted.log", "*.tmp"])
    bench.put_here(".buckiaignore", "*.log\n!a.tmp\n")
    for key in ("wanted.log", "other.log", "a.tmp", "b"):
        bench.put_here(key, "x")
    bench.sync(exclude=["b"])
    assert bench.there().keys() == {".buckiaignore", "wanted.log"}
    bench.sync()
    assert bench.there().keys() == {".buckiaignore", "wanted.log", "b"}


def test_a_file_below_an_excluded_folder_cannot_be_brought_back(made: Made) -> None:
    bench = made(exclude=["out/", "!out/wanted"])
    bench.put_here("out/wanted", "x")
    bench.put_here("a", "a")
    bench.done()
    assert bench.there().keys() == {"a"}


SECRETS = (".env", ".env.local", "key.pem", "id_rsa", "d/id_ed25519.pub")


def test_what_looks_like_a_secret_is_left_out_and_named_once(bench: Bench) -> None:
    for key in (*SECRETS, "a", ".git/config"):
        bench.put_here(key, "x")
    result = bench.sync()
    assert bench.there().keys() == {"a"}
    assert result.excluded_secrets == len(SECRETS)
    [told] = result.skipped
    assert told.path in SECRETS
    assert "4 others" in told.reason
    assert result.exit_code == 0


def test_secrets_in_the_bucket_are_not_fetched_either(bench: Bench) -> None:
    for key in (".env", "a"):
        bench.put_there(key, "x")
    result = bench.sync(delete_orphaned=True)
    assert bench.here().keys() == {"a"}
    assert ".env" in bench.there()
    assert result.excluded_secrets == 1


@pytest.mark.parametrize("where", ["exclude", "ignore file"])
def test_a_pattern_brings_back_what_is_excluded_by_default(made: Made, where: str) -> None:
    patterns = ["!.env.example", "!*.pem"]
    bench = made(exclude=patterns) if where == "exclude" else made()
    if where == "ignore file":
        bench.put_here(".buckiaignore", "\n".join(patterns))
    for key in (".env.example", "a.pem", "id_rsa"):
        bench.put_here(key, "x")
    result = bench.sync()
    assert bench.there().keys() - {".buckiaignore"} == {".env.example", "a.pem"}
    assert result.excluded_secrets == 1


def test_what_is_included_names_all_that_takes_part(made: Made) -> None:
    bench = made(include=["*.txt", "docs/"])
    for key in ("a.txt", "b.bin", "docs/c.bin", "d/e.txt"):
        bench.put_here(key, "x")
    bench.put_there("f.bin", "x")
    bench.done(delete_orphaned=True)
    assert bench.there().keys() == {"a.txt", "docs/c.bin", "d/e.txt", "f.bin"}
    assert "f.bin" not in bench.here()


def test_a_changed_filter_forgets_and_deletes_nothing(bench: Bench) -> None:
    for key in ("a.log", "b"):
        bench.put_here(key, key)
    bench.done()
    with bench.client(exclude=["*.log"]) as client:
        client.sync(delete_orphaned=True)
    assert bench.rows().keys() == {"b"}
    bench.agreed({"a.log": "a.log", "b": "b"}, rows=False)
    bench.drop_here("a.log")
    bench.done(delete_orphaned=True)
    assert bench.here()["a.log"] == b"a.log", "back in scope it is new, and no deletion"


@pytest.mark.parametrize(
    "how",
    [
        {"sync_paths": ["b"]},
        {"include": ["b"]},
        {"exclude": ["a.log", "c"]},
        {"include_pattern": "^b"},
        {"exclude_pattern": "^[ac]"},
    ],
    ids=str,
)
def test_a_narrowed_run_neither_touches_nor_forgets_the_rest(
    bench: Bench, how: dict[str, Any]
) -> None:
    for key in ("a.log", "b", "c"):
        bench.put_here(key, f"agreed {key}")
    bench.done()
    for key in ("a.log", "b"):
        bench.put_here(key, f"edited {key}")
    bench.drop_here("c")
    result = bench.sync(delete_orphaned=True, **how)
    assert actions(result) == {("upload", "b")}
    assert bench.rows().keys() == {"a.log", "b", "c"}
    assert actions(bench.sync(delete_orphaned=True)) == {
        ("upload", "a.log"),
        ("delete_remote", "c"),
    }


@pytest.mark.parametrize("folder", ["new", "new/deeper"])
def test_a_new_folder_whose_ignore_file_cannot_be_read_is_told_and_withholds_deletions(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    bench.put_here("gone", "agreed")
    bench.put_here("rest", "agreed")
    bench.done()
    bench.drop_here("gone")
    bench.put_here("new/deeper/file", "new")
    real = LocalStore.read

    def read(self: LocalStore, key: str, **how: Any) -> Any:
        if key == f"{folder}/.buckiaignore":
            raise AccessDenied("Permission denied", key=key)
        return real(self, key, **how)

    with monkeypatch.context() as patching:
        patching.setattr(LocalStore, "read", read)
        result = bench.sync(delete_orphaned=True)
    assert [(one.path, one.error) for one in result.failed] == [(folder, "Unreadable")]
    assert bench.there().keys() == {"gone", "rest"}
    bench.done(delete_orphaned=True)
    assert bench.there().keys() == {"rest", "new/deeper/file"}


def test_an_ignore_file_that_a_narrowed_run_does_not_look_at_is_nobodys_business(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put_here("new/file", "new")
    bench.put_here("other/file", "new")
    real = LocalStore.read

    def read(self: LocalStore, key: str, **how: Any) -> Any:
        if key == "new/.buckiaignore":
            raise AccessDenied("Permission denied", key=key)
        return real(self, key, **how)

    monkeypatch.setattr(LocalStore, "read", read)
    result = bench.sync(sync_paths=["other/"])
    assert not result.failed
    assert bench.there().keys() == {"other/file"}
