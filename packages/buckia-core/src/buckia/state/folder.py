"""The state folder: where everything of it lies, who this device is, what was run last."""

from __future__ import annotations

import json
import platform
import re
import secrets
import string
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from buckia.keys import TEMPORARY
from buckia.state import files
from buckia.state.ancestors import Ancestors
from buckia.state.lock import PairLock
from buckia.state.reports import Reports
from buckia.state.seam import StateError, file_errors
from buckia.state.trash import Trash

_ALPHABET = string.ascii_lowercase + string.digits
_MAX_HOST = 24
_MAX_DEVICE = 40
_LEFT_OVER = re.compile(rf"{re.escape(TEMPORARY)}.*|\..+\.[0-9a-f]{{12}}|.+\.\d+-[0-9a-f]+")
"""Files by which a disk is tried out, and those that were to get another name, also as a note."""
_ORPHANED = 24 * 3600.0
"""Seconds after which no run works on such a file any more."""


class PairId(msgspec.Struct, frozen=True):
    """Which bucket and which folder: one base, one lock and one trash for each. No secrets."""

    provider: str
    endpoint: str
    bucket_name: str
    prefix: str
    root: str

    @property
    def slug(self) -> str:
        """The same for the same pair, different for any other, and fit for a folder's name."""
        readable = _slug(f"{self.provider}-{self.bucket_name}", 40).lower()
        whole = json.dumps(msgspec.structs.astuple(self)).encode()
        return f"{readable}-{blake2b(whole, digest_size=8).hexdigest()}"


class PairFolder:
    """The part of the state that belongs to one pair. Nothing is made before it is needed."""

    def __init__(self, state: StateFolder, pair: PairId) -> None:
        self._state = state
        self.pair = pair
        self.path = state.path / "pairs" / pair.slug
        self.base = self.path / "base.sqlite"
        self.trash = Trash(state.trash / pair.slug)
        self.ancestors = Ancestors(self.path / "ancestors", state.make)
        self.reports = Reports(state.path / "conflicts" / pair.slug, state.make)
        self._is_locked = False

    @property
    def exists(self) -> bool:
        with file_errors("read", self.path):
            return self.path.is_dir()

    @property
    def scratch(self) -> Path | None:
        """Where scratch files go; None, the system's place for them, while there is no folder."""
        return self.path if self.exists else None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """To be held while anything is changed; the folder is there from now on.

        Who holds it may take it again on the way, through this very object.
        """
        if self._is_locked:
            yield
            return
        self._state.make(self.path)
        with PairLock(self.path / "lock"):
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False


class StateFolder:
    """`.buckia.state`: made when something must be kept, readable by its owner only.

    With `read_only` nothing is ever made: names that would be made once and kept last as long as
    this object. `notices` are sentences about what was found damaged, for people.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.notices: list[str] = []
        self._read_only = read_only
        self._words: dict[str, str] = {}

    @property
    def exists(self) -> bool:
        with file_errors("read", self.path):
            return self.path.is_dir()

    @property
    def device(self) -> str:
        """The name of this device: letters, digits and hyphens, made once; a person may edit it."""
        return self._word(
            "device", lambda text: _slug(text, _MAX_DEVICE), lambda: _device_of(self.path)
        )

    @property
    def tag(self) -> str:
        """Letters and digits that are this very state's, to know what it left elsewhere."""
        return self._word("tag", lambda text: _slug(text, 20).replace("-", ""), _new_tag)

    @property
    def trash(self) -> Path:
        """The folder of all pairs' trash."""
        return self.path / "trash"

    def pair(self, pair: PairId) -> PairFolder:
        return PairFolder(self, pair)

    def last_pair(self, name: str) -> PairId | None:
        """The pair that the bucket of this name in the configuration was last run as."""
        path = self._last(name)
        with file_errors("read", path):
            try:
                return msgspec.convert(json.loads(path.read_bytes()), PairId)
            except FileNotFoundError:
                pass
            except (ValueError, RecursionError, msgspec.ValidationError):
                self._set_aside(path, name)
        return None

    def _set_aside(self, path: Path, name: str) -> None:
        said = f"what {name!r} was last run as can no longer be read"
        if not self._read_only:
            kept = path.with_name(f"{path.name}.damaged-{files.stamp(datetime.now(UTC))}")
            path.replace(kept)
            said += f"; it is kept as {kept}"
        self.notices.append(said)

    def remember_pair(self, name: str, pair: PairId) -> None:
        """Keep it for the next run; each name has a file of its own, so runs do not wait."""
        path = self._last(name)
        self.make(path.parent)
        with file_errors("written", path):
            files.write(path, json.dumps(msgspec.structs.asdict(pair), indent=1).encode() + b"\n")

    def _last(self, name: str) -> Path:
        tail = blake2b(name.encode(errors="surrogatepass"), digest_size=4).hexdigest()
        return self.path / "last" / f"{_slug(name, 40).lower()}-{tail}.json"

    def _word(self, name: str, clean: Callable[[str], str], make: Callable[[], str]) -> str:
        if name not in self._words:
            path = self.path / name
            with file_errors("read", path):
                found = clean(_text(path))
            if not found and not self._read_only:
                found = self._kept(path, clean, make())
            self._words[name] = found or make()
        return self._words[name]

    def _kept(self, path: Path, clean: Callable[[str], str], word: str) -> str:
        """What stands in the file once somebody has written it; we or who was faster."""
        self.make(self.path)
        with file_errors("written", path):
            files.write_once(path, word.encode() + b"\n")
            if found := clean(_text(path)):
                return found
            # What stands there is no name, and nobody else will change that.
            files.write(path, word.encode() + b"\n")
        return word

    def sweep(self) -> None:
        """Remove what died while it was made in the state itself, once it is surely nobody's."""
        for pattern in ("*", "last/*", "notes/*/*", "notes/*/*/*"):
            with suppress(OSError):
                for path in self.path.glob(pattern):
                    if _LEFT_OVER.fullmatch(path.name) and _age(path) > _ORPHANED:
                        path.unlink()

    def make(self, folder: Path) -> None:
        """Make this folder of the state; the state itself becomes its owner's only."""
        if self._read_only:
            raise StateError("the state is only looked at, so nothing can be made in it")
        with file_errors("written", self.path):
            files.make_folder(self.path)
            files.make_folder(folder)


def _age(path: Path) -> float:
    """Seconds since it was written."""
    return time.time() - path.stat().st_mtime


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _slug(text: str, longest: int) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:longest].strip("-")


def _device_of(state: Path) -> str:
    """A name that looks the same before it is written down, so that a dry run tells the truth.

    Two devices that get one name lose nothing by it: a copy's name that is taken is not used.
    """
    host = _slug(platform.node().split(".")[0], _MAX_HOST)
    try:
        machine = Path("/etc/machine-id").read_bytes()
    except OSError:
        machine = b""
    place = f"{uuid.getnode()} {state.absolute()}".encode(errors="surrogatepass")
    number = int.from_bytes(blake2b(machine + place, digest_size=8).digest())
    letters = "".join(_ALPHABET[number // len(_ALPHABET) ** n % len(_ALPHABET)] for n in range(5))
    return f"{host or 'device'}-{letters}"


def _new_tag() -> str:
    return _random(10)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
