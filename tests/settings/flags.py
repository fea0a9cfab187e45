"""For every flag of `buckia sync`: two command lines that differ in it alone, and what is seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.settings import effects
from tests.settings.scene import Scene, nothing

Words = tuple[str, ...]


class Typed(NamedTuple):
    """`sync` with the words of the flag, and without them or with others."""

    one: Words
    other: Words
    look: Callable[[Scene], Any]
    seen: tuple[Any, Any]
    prepare: Callable[[Scene], None] = nothing
    given: Mapping[str, Any] = {}
    tty: bool = False


def like(name: str, one: Words, other: Words, **more: Any) -> Typed:
    """The same effect as a setting or a wish has, brought about by words."""
    effect = {**effects.RUN, **effects.BOTH}[name]
    typed = Typed(one, other, effect.look, effect.seen, effect.prepare, effect.given)
    return typed._replace(**more)


def code(scene: Scene) -> int:
    assert scene.ran is not None
    return scene.ran.code


def out(scene: Scene) -> str:
    assert scene.ran is not None
    return scene.ran.out


def err(scene: Scene) -> str:
    assert scene.ran is not None
    return scene.ran.err


def two_buckets(scene: Scene) -> None:
    """The file holds another bucket, which is another part of the same one."""
    import json

    scene.put_here("a", "a")
    found = json.loads(scene.file.read_text())
    found["other"] = {**found["pair"], "prefix": "other/"}
    scene.file.write_text(json.dumps(found))


def a_list(scene: Scene) -> None:
    effects.some("a", "b")(scene)
    (scene.folder / "list").write_text("a\n")


def a_list_with_nul(scene: Scene) -> None:
    effects.some("a", "b")(scene)
    (scene.folder / "list").write_bytes(b"a\0b\0")


def another_file(scene: Scene) -> None:
    """A second configuration: one above the folder, and one below it."""
    scene.put_here("a", "a")
    text = scene.file.read_text().replace('"retries"', '"prefix": "other/", "retries"')
    for path in (scene.folder / ".buckia-other.json", scene.root / "below/.buckia.json"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    (scene.root / "below/b").write_text("b")
    (scene.folder / "c").write_text("c")


def logged(scene: Scene) -> bool:
    return (scene.folder / "log").exists()


def debug_lines(scene: Scene) -> bool:
    return " DEBUG " in (scene.folder / "log").read_text()


def upload_line(scene: Scene) -> bool:
    return bool(re.search(r"upload\w*\s+a\b", out(scene) + err(scene)))


def coloured(scene: Scene) -> bool:
    return bool(re.search(r"\x1b\[[0-9;]*m", out(scene) + err(scene)))


def broken(scene: Scene) -> None:
    from buckia.errors import AccessDenied
    from buckia.testing.faults import At, Fails

    scene.script(At("scan", Fails(lambda _prefix: AccessDenied("refused"))))


A = effects.some("a")
LOG = ("--log-file", "../log")

FLAGS: Mapping[str, Typed] = {
    "buckets": Typed((), ("pair",), effects.there, ({"a", "other/a"}, {"a"}), two_buckets),
    "dry_run": like("dry_run", (), ("--dry-run",)),
    "paths": like("sync_paths", (), ("--paths", "d/")),
    "files_from": Typed(
        (), ("--files-from", "../list"), effects.there, ({"a", "b"}, {"a"}), a_list
    ),
    "from0": Typed(
        ("--files-from", "../list"),
        ("--files-from", "../list", "--from0"),
        effects.there,
        (set(), {"a", "b"}),
        a_list_with_nul,
    ),
    "direction": like("direction", ("--direction", "push"), ("--direction", "pull")),
    "delete_orphaned": like("delete_orphaned", (), ("--delete-orphaned",)),
    "conflict_resolution": like(
        "conflict_resolution", ("--conflict", "local_wins"), ("--conflict", "remote_wins")
    ),
    "include": like("include", (), ("--include", "*.a")),
    "exclude": like("exclude", (), ("--exclude", "*.a")),
    "max_delete": like("max_delete", (), ("--max-delete", "2"), look=code, seen=(0, 6)),
    "max_workers": like("max_workers", ("--max-workers", "1"), ("--max-workers", "4")),
    "max_transfer": like("max_transfer", (), ("--max-transfer", "250")),
    "max_duration": like("max_duration", (), ("--max-duration", "0s")),
    "bandwidth": like("bandwidth", (), ("--bandwidth", "60B/s")),
    "force": like("force", (), ("--force",), look=code, seen=(6, 0)),
    "config": Typed(
        (),
        ("--config", "../.buckia-other.json"),
        effects.there,
        ({"a", "below/b"}, {"other/c", "other/here/a", "other/here/below/b"}),
        another_file,
    ),
    "directory": Typed(
        (), ("--directory", "below"), effects.there, ({"a", "below/b"}, {"other/b"}), another_file
    ),
    "quiet": Typed((), ("--quiet",), lambda s: bool(out(s)), (True, False), A),
    "verbose": Typed((), ("--verbose",), upload_line, (False, True), A),
    "json": Typed((), ("--json",), lambda s: out(s)[:1] == "{", (False, True), A),
    "no_color": Typed((), ("--no-color",), coloured, (True, False), A, tty=True),
    "log_file": Typed((), LOG, logged, (False, True), A),
    "log_level": Typed(LOG, (*LOG, "--log-level", "debug"), debug_lines, (False, True), A),
    "disable_plugin": Typed((), ("--disable-plugin", "bench"), code, (0, 2), A),
    "debug": Typed((), ("--debug",), lambda s: "Traceback" in err(s), (False, True), broken),
}
