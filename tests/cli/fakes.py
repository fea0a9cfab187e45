"""What stands in for the terminal and for the library, so that the command line alone is tried."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from buckia.cli.app import run
from buckia.cli.terminal import Terminal
from buckia.config import BucketConfig
from buckia.events import Tell
from buckia.model import BasicEntry
from buckia.results import (
    AppReset,
    Check,
    DemoUpdate,
    FoundUser,
    Question,
    Relocated,
    Restored,
    SyncResult,
    Verified,
)
from buckia.secrets import Keyring
from buckia.state.sidecar import Item

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Stream(io.StringIO):
    """A stream that says of itself whether it is a terminal."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        super().__init__(text)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


class Script:
    """What the fake library answers, by the name of the method; a function is called first."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.of_bucket: dict[tuple[str, str], Any] = {}
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.interrupts = 0
        self.closed: list[str] = []

    def answer(self, client: Fake, method: str, default: Any, **given: Any) -> Any:
        name = client.config.name
        self.calls.append((name, method, given))
        found = self.of_bucket.get((name, method), self.answers.get(method, default))
        if callable(found):
            found = found(client, **given)
        if isinstance(found, BaseException):
            raise found
        return found

    def given(self, method: str) -> dict[str, Any]:
        """What the only call of this method was given."""
        [given] = [given for _bucket, name, given in self.calls if name == method]
        return given


class Fake:
    """Has the face of `BuckiaClient`, and does nothing but answer as it is told."""

    script: Script

    def __init__(
        self,
        config: BucketConfig,
        *,
        local_path: Any = None,
        plugins: Any = None,
        secrets: Any = None,
        on_event: Tell,
    ) -> None:
        self.config = config
        self.secrets = secrets
        self.plugins = plugins
        self.tell = on_event
        self.script.answer(self, "open", None)

    def _answer(self, method: str, default: Any, **given: Any) -> Any:
        return self.script.answer(self, method, default, **given)

    def _result(self, **given: Any) -> SyncResult:
        return SyncResult(name=self.config.name, dry_run=given.get("dry_run", False))

    def sync(self, local_path: Any = None, **given: Any) -> SyncResult:
        result: SyncResult = self._answer("sync", self._result(**given), **given)
        return result

    def status(self, local_path: Any = None, **same_as_sync: Any) -> SyncResult:
        blank = self._result(dry_run=True)
        result: SyncResult = self._answer("status", blank, **same_as_sync)
        return result

    def conflicts(self) -> tuple[Question, ...]:
        questions: tuple[Question, ...] = self._answer("conflicts", ())
        return questions

    def resolve(self, path: str, keep: str) -> SyncResult:
        result: SyncResult = self._answer("resolve", self._result(), path=path, keep=keep)
        return result

    def versions(self, path: str | None = None) -> Iterator[Item]:
        return iter(self._answer("versions", (), path=path))

    def restore(self, path: str, *, before: datetime | None = None) -> Restored:
        restored: Restored = self._answer("restore", None, path=path, before=before)
        return restored

    def app_reset(self) -> AppReset:
        reset: AppReset = self._answer("app_reset", None)
        return reset

    def app_update_demo(self) -> DemoUpdate:
        done: DemoUpdate = self._answer("app_update_demo", DemoUpdate(name=self.config.name))
        return done

    def verify(self, *, fast: bool = False) -> Verified:
        verified: Verified = self._answer("verify", Verified(name="?", equal=0), fast=fast)
        return verified

    def doctor(self) -> Iterator[Check]:
        return iter(self._answer("doctor", ()))

    def test_connection(self) -> None:
        self._answer("test_connection", None)

    def list_files(self, prefix: str = "") -> Iterator[BasicEntry]:
        return iter(self._answer("list_files", (), prefix=prefix))

    def upload_file(self, local: Any, key: str, *, force: bool = False) -> BasicEntry:
        entry = BasicEntry(key=key, size=3, version="v")
        given: BasicEntry = self._answer("upload_file", entry, local=local, key=key, force=force)
        return given

    def download_file(self, key: str, local: Any, *, force: bool = False) -> BasicEntry:
        entry = BasicEntry(key=key, size=3, version="v")
        given: BasicEntry = self._answer("download_file", entry, key=key, local=local, force=force)
        return given

    def delete_file(self, key: str) -> Path | None:
        kept: Path | None = self._answer("delete_file", None, key=key)
        return kept

    def get_public_url(self, key: str, *, expires: Any = None) -> str:
        url: str = self._answer("get_public_url", "http://x", key=key, expires=expires)
        return url

    def new_user(self) -> str:
        name: str = self._answer("new_user", "an-id")
        return name

    def find_user(self, name: str) -> FoundUser:
        found: FoundUser = self._answer("find_user", FoundUser(has_files=False), name=name)
        return found

    def move_user(self, name: str, target: Any) -> Relocated:
        blank = Relocated(source=self.config.name, target="?", copied=0, bytes=0, deleted=0)
        moved: Relocated = self._answer("move_user", blank, name=name, target=target)
        return moved

    def interrupt(self) -> None:
        self.script.interrupts += 1

    def close(self) -> None:
        self.script.closed.append(self.config.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Ran(msgspec.Struct, frozen=True):
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The only thing on standard output."""
        return json.loads(self.out)


Words = tuple[str, ...]


class Shell:
    """Types command lines. Without `real`, no library is behind them but the script."""

    def __init__(self, folder: Path, *, real: bool = False) -> None:
        self.folder = folder
        self.script = Script()
        self.environ: dict[str, str] = {"TERM": "xterm", "COLUMNS": "100"}
        self.keyring: Keyring | None = None
        self.points: list[EntryPoint] | None = None
        self.real = real
        self.tick: Callable[[], float] = lambda: 0.0

    def config(self, *names: str, name: str = ".buckia", **keys: Any) -> Path:
        """A file of such buckets, one of the name "assets" without names."""
        lines = []
        for bucket in names or ("assets",):
            lines.append(f"{bucket}:\n  provider: memory\n  bucket_name: {bucket}\n")
            lines += [f"  {key}: {json.dumps(value)}\n" for key, value in keys.items()]
        path = self.folder / name
        path.write_text("".join(lines), encoding="utf-8")
        path.chmod(0o600)
        return path

    def terminal(self, stdin: Stream, stdout: Stream, stderr: Stream) -> Terminal:
        terminal = Terminal(
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            environ=self.environ,
            cwd=self.folder,
            keyring=lambda: self.keyring,
            now=lambda: NOW,
            clock=self.tick,
        )
        if self.points is not None:
            points = self.points
            terminal = msgspec.structs.replace(
                terminal, entry_points=lambda group: [p for p in points if p.group == group]
            )
        if self.real:
            return terminal
        scripted = type("Scripted", (Fake,), {"script": self.script})
        return msgspec.structs.replace(terminal, open_client=scripted)

    def __call__(self, *words: str, tty: bool = False, stdin: str = "") -> Ran:
        out, err = Stream(tty=tty), Stream(tty=tty)
        code = run(words, self.terminal(Stream(stdin, tty=tty), out, err))
        return Ran(int(code), out.getvalue(), err.getvalue())


def points(group: str, found: Mapping[str, str]) -> Iterable[EntryPoint]:
    """Entry points of these names and modules."""
    return [EntryPoint(name, value, group) for name, value in found.items()]
