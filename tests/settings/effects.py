"""For every setting of a bucket and every wish of one run: how to see that it is honoured."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any

from buckia.digests import unpack
from buckia.engine.execute.desk import QUICK
from buckia.errors import ConfigError
from buckia.model import Policy
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.memory.plugin import buckets
from buckia.testing.faults import unavailable
from tests.engine import provider
from tests.engine.bench import OLD, SECOND, WRITES, Bench, memory, whenever
from tests.inbound.world import ID, NOTES, World, document, note
from tests.settings.scene import UNSET, Effect, Scene


def there(scene: Scene) -> set[str]:
    return set(scene.there())


def here(scene: Scene) -> set[str]:
    return set(scene.here()) - {".buckia.json"}


def kind(scene: Scene) -> str:
    return scene.kind


def context(name: str) -> Callable[[Scene], Any]:
    return lambda scene: getattr(provider.contexts[scene.name], name)


def some(*keys: str) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        for key in keys:
            scene.put_here(key, key)

    return prepare


def agreed(scene: Scene, *keys: str) -> None:
    """Both sides agree on these, by a run that the setting had no part in."""
    some(*keys)(scene)
    scene.run()
    scene.error = scene.result = None
    scene.script()


def one_on_each_side(scene: Scene) -> None:
    scene.put_here("here", "h")
    scene.put_there("there", "t")


def one_deleted(scene: Scene) -> None:
    agreed(scene, "gone", "rest")
    scene.drop_here("gone")


def three_deleted(scene: Scene) -> None:
    agreed(scene, "a", "b", "c", "rest")
    scene.drop_here("a", "b", "c")


def one_disputed(scene: Scene) -> None:
    agreed(scene, "a", "rest")
    scene.put_here("a", "edited here", OLD)
    scene.put_there("a", "edited there", OLD + 10 * SECOND)


def a_row_disputed(scene: Scene) -> None:
    scene.write_file(conflict_resolution="merge")
    for text in ("agreed", "edited here"):
        with closing(sqlite3.connect(scene.root / "a")) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word)")
            database.execute("REPLACE INTO words VALUES (1, ?)", (text,))
        if text == "agreed":
            agreed(scene, "rest")
    scene.put_there("a", scene.there()["a"].replace(b"agreed", b"edited"))


def word(scene: Scene) -> str:
    with closing(sqlite3.connect(scene.root / "a")) as database:
        return str(database.execute("SELECT word FROM words").fetchone()[0])


def disputed(scene: Scene) -> bytes:
    return scene.here()["a"]


def eight(scene: Scene) -> None:
    some(*(f"{n}" for n in range(8)))(scene)


def meeting(scene: Scene) -> None:
    for n in range(8):
        # Smaller ones have no threads of their own that could meet.
        scene.put_here(f"{n}", bytes(QUICK + 1))
    scene.meet()


def met(scene: Scene) -> bool:
    return any(scene.noted)


def hundred_bytes_each(scene: Scene) -> None:
    for n in range(3):
        scene.put_here(f"{n}", bytes(100))


def waited(scene: Scene) -> bool:
    return scene.waited > 1


def refused(scene: Scene) -> None:
    scene.put_here("a", "a")
    scene.script(whenever(WRITES, unavailable()))


def replaced(scene: Scene) -> None:
    agreed(scene, "a", "rest")
    scene.put_there("a", "edited there")


def linked(scene: Scene) -> None:
    scene.put_here("real", "r")
    (scene.root / "link").symlink_to("real")


def bases(scene: Scene) -> set[str]:
    found = scene.root.rglob("base.sqlite")
    return {path.relative_to(scene.root).parts[0] for path in found}


def algorithms(scene: Scene) -> set[str]:
    found: set[str] = set()
    for path in scene.state.glob("pairs/*/base.sqlite"):
        with Database.look(path) as database:
            for block in SqliteManifest(database).scan():
                found |= {name for row in block for name in unpack(row.digests)}
    return found


def in_memory(scene: Scene) -> tuple[set[str], set[str]]:
    """What is in the bucket of the tests, and what in that of the provider `memory`."""
    found = set(buckets.open(scene.name).contents())
    buckets.forget(scene.name)
    return set(scene.there()), found


def another_bucket(scene: Scene) -> None:
    scene.put_here("a", "a")
    other = Bench(scene.folder / "another")
    provider.stores["another-bucket"] = other.store


def which_bucket(scene: Scene) -> tuple[bool, bool]:
    other = provider.stores["another-bucket"]
    return bool(scene.there()), bool(other.store.contents())  # type: ignore[attr-defined]  # a faulty MemoryStore


def token(scene: Scene) -> str | None:
    found = provider.opened[scene.name].token
    return None if found is None else found.reveal()


def changed_by_others(scene: Scene) -> None:
    World(scene.root, NOTES, inbound=False)
    scene.put_here(f"inbound/{ID}.json", document([note(3)]))


def notes(scene: Scene) -> set[int]:
    return set(World(scene.root, (), inbound=False).texts())


def with_a_demo(scene: Scene) -> None:
    scene.put_here("ID/App.sqlite", database_of("mine"))
    scene.put_there("demo/App.sqlite", database_of("demo"))


def database_of(text: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word)")
        database.execute("INSERT INTO words VALUES (1, ?)", (text,))
        database.commit()
        return bytes(database.serialize())


def after_a_reset(scene: Scene) -> bytes:
    with suppress(ConfigError), scene.by_file() as client:
        client.app_reset()
    return scene.here()["ID/App.sqlite"]


def local_buckets(scene: Scene) -> None:
    scene.put_here("root/a", "a")
    for folder in ("one", "two"):
        (scene.folder / folder / scene.name).mkdir(parents=True)


def local_bucket(scene: Scene) -> list[str]:
    found = scene.folder.glob(f"*/{scene.name}/a")
    return [path.parts[-3] for path in found]


ELSEWHERE: Mapping[str, Effect] = {
    name: Effect(
        UNSET, "https://some.where", context(name), (None, "https://some.where"), some("a")
    )
    for name in ("domain", "region", "endpoint_url")
}

BUCKET: Mapping[str, Effect] = {
    **ELSEWHERE,
    "provider": Effect("bench", "memory", in_memory, (({"a"}, set()), (set(), {"a"})), some("a")),
    "bucket_name": Effect(
        UNSET, "another-bucket", which_bucket, ((True, False), (False, True)), another_bucket
    ),
    "prefix": Effect(UNSET, "p/", there, ({"a"}, {"p/a"}), some("a")),
    "layers": Effect(UNSET, ["d", "e"], there, ({"a"}, {"e/a"}), some("a")),
    "folders": Effect(UNSET, ["d"], there, ({"d/a", "e/b"}, {"d/a"}), some("d/a", "e/b")),
    "paths": Effect(UNSET, ["d"], there, ({"d/a", "e/b"}, {"a"}), some("d/a", "e/b")),
    "files": Effect(UNSET, {"a": "x/y"}, there, ({"a", "b"}, {"x/y", "b"}), some("a", "b")),
    "upload_files": Effect(UNSET, {"a": "x/y"}, there, ({"a", "b"}, {"x/y", "b"}), some("a", "b")),
    "databases": Effect(UNSET, {"a": "x/y"}, there, ({"a", "b"}, {"b"}), some("a", "b")),
    "merge": Effect(
        {"*": "local"},
        {"*": "remote"},
        word,
        ("edited here", "edited"),
        a_row_disputed,
        given={"conflict_resolution": "merge"},
    ),
    "demo": Effect(
        UNSET,
        {"folder": "demo", "database": "App.sqlite"},
        lambda scene: b"demo" in after_a_reset(scene),
        (False, True),
        with_a_demo,
        given={"folders": ["ID"]},
    ),
    "requests_per_second": Effect(UNSET, 2, waited, (False, True), eight),
    "retries": Effect(1, 3, lambda s: len(s.store.called("write_if")), (1, 3), refused),
    "timeout": Effect(UNSET, 7, context("timeout"), (60.0, 7.0), some("a")),
    "trash_days": Effect(UNSET, 0, lambda s: len(s.trash()), (1, 0), replaced),
    "follow_symlinks": Effect(UNSET, True, there, ({"real"}, {"real", "link"}), linked),
    "state_dir": Effect(UNSET, "notes", bases, ({".buckia.state"}, {"notes"}), some("a")),
    "checksum_algorithm": Effect(
        UNSET, "md5", algorithms, ({"sha256"}, {"md5"}), some("a"), store=lambda: memory(lists=[])
    ),
    "inbound": Effect(
        UNSET,
        {"database": "App.sqlite", "folder": "inbound/", "tables": {"notes": "*"}},
        notes,
        ({1, 2}, {1, 2, 3}),
        changed_by_others,
    ),
    "credentials": Effect(UNSET, {"token": "abc"}, token, (None, "abc"), some("a")),
}
"""Settings that only the configuration has."""

BOTH: Mapping[str, Effect] = {
    "direction": Effect(
        "push",
        "pull",
        lambda s: (there(s), here(s)),
        (({"here", "there"}, {"here"}), ({"there"}, {"here", "there"})),
        one_on_each_side,
    ),
    "delete_orphaned": Effect(UNSET, True, there, ({"gone", "rest"}, {"rest"}), one_deleted),
    "include": Effect(UNSET, ["*.a"], there, ({"x.a", "x.b"}, {"x.a"}), some("x.a", "x.b")),
    "exclude": Effect(UNSET, ["*.a"], there, ({"x.a", "x.b"}, {"x.b"}), some("x.a", "x.b")),
    "max_workers": Effect(1, 4, met, (False, True), meeting),
    "conflict_resolution": Effect(
        "local_wins", "remote_wins", disputed, (b"edited here", b"edited there"), one_disputed
    ),
    "max_delete": Effect(
        UNSET, 2, kind, ("", "GuardStopped"), three_deleted, given={"delete_orphaned": True}
    ),
    "bandwidth": Effect(UNSET, 60, waited, (False, True), hundred_bytes_each),
}
"""Settings that the configuration has and that one run may have otherwise."""


def asked(scene: Scene) -> Any:
    """Answers every conflict, and notes it."""

    def answer(question: Any) -> Policy:
        scene.noted.append(question.path)
        return Policy.REMOTE_WINS

    return answer


def elsewhere(scene: Scene) -> None:
    scene.put_here("a", "in the folder of the file")
    (scene.folder / "other").mkdir()
    (scene.folder / "other/b").write_text("in another folder")


RUN: Mapping[str, Effect] = {
    "local_path": Effect(
        UNSET, lambda scene: scene.folder / "other", there, ({"a"}, {"b"}), elsewhere
    ),
    "dry_run": Effect(UNSET, True, there, ({"a"}, set()), some("a")),
    "max_transfer": Effect(UNSET, 250, lambda s: len(there(s)), (3, 2), hundred_bytes_each),
    "max_duration": Effect(UNSET, 0, lambda s: len(there(s)), (8, 0), eight),
    "force": Effect(
        UNSET,
        True,
        kind,
        ("GuardStopped", ""),
        three_deleted,
        given={"delete_orphaned": True, "max_delete": 2},
    ),
    "include_pattern": Effect(UNSET, "a$", there, ({"x.a", "x.b"}, {"x.a"}), some("x.a", "x.b")),
    "exclude_pattern": Effect(UNSET, "a$", there, ({"x.a", "x.b"}, {"x.b"}), some("x.a", "x.b")),
    "sync_paths": Effect(UNSET, ["d/"], there, ({"d/a", "b"}, {"d/a"}), some("d/a", "b")),
    "progress_callback": Effect(
        UNSET,
        lambda scene: lambda *given: scene.noted.append(given),
        lambda s: s.noted,
        ([], [(1, 1, "upload", "a")]),
        some("a"),
    ),
    "on_conflict": Effect(
        UNSET,
        asked,
        lambda s: (s.noted, disputed(s)),
        (([], b"edited here"), (["a"], b"edited there")),
        one_disputed,
        given={"conflict_resolution": "ask"},
    ),
}
"""What only one run can be asked for. A function is given the scene and makes the value."""

LOCAL: Mapping[str, Effect] = {
    "root": Effect(
        "../one",
        "../two",
        local_bucket,
        (["one"], ["two"]),
        local_buckets,
        given={"provider": "local", "paths": ["root"]},
    ),
}
"""The options of the provider `local`."""
