"""One folder, one bucket, and the line between them; and what its user must be able to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from moto.s3 import models

from buckia.client import BuckiaClient
from buckia_bunny.testing import FakeBunny
from tests.grounds import NAME, BunnyGround, Ground, S3Ground, document
from tests.s3.servers.access import Access
from tests.s3.servers.bodies import ChecksBodies
from tests.s3.servers.certificate import Certificate
from tests.s3.servers.conditions import EnforcesConditions
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.torture.wire.asked import (
    BUNNY_KINDS,
    S3_KINDS,
    Judging,
    Kind,
    asked_of_bunny,
    asked_of_s3,
)
from tests.torture.wire.line import Line
from tests.torture.wire.yard import Ended, Run, Yard

TIMEOUT = 0.5
"""Seconds of a client's patience."""
CALM = 20.0
"""The same where nothing is wrong, and a busy machine is all that there is to wait for."""
TRIES = 3
DEADLINE = 25.0
"""Seconds after which a run is said to hang; all tries and their patience take less."""
_PASSWORD = "torture-secret"
ROUNDS = 6
"""Scenes at one place."""
_numbers = count(1)


class Wired(msgspec.Struct, frozen=True):
    """A server that is there for a while, and how its requests are told apart."""

    name: str
    kinds: tuple[Kind, ...]
    judging: Judging
    upstream: Access

    def ground(self, endpoint: str, certificate: Certificate | None) -> Ground:
        raise NotImplementedError


class WiredS3(Wired, frozen=True):
    def ground(self, endpoint: str, certificate: Certificate | None) -> Ground:
        trusted = None if certificate is None else certificate.chain
        access = msgspec.structs.replace(self.upstream, ca_bundle=trusted)
        return S3Ground(access, endpoint=endpoint)


class WiredBunny(Wired, frozen=True):
    fake: FakeBunny

    def ground(self, endpoint: str, certificate: Certificate | None) -> Ground:
        for path in dict(self.fake.tree.files()):
            self.fake.tree.remove(path)
        return BunnyGround(self.fake, endpoint=endpoint)


@contextmanager
def _s3() -> Iterator[Wired]:
    """As AWS: conditions are honoured, and bodies checked."""
    with tiny_parts(), Moto() as moto, Proxy(moto.access) as proxy:
        proxy.moods = (Mood(ChecksBodies()), Mood(EnforcesConditions()))
        yield WiredS3("s3", S3_KINDS, asked_of_s3, proxy.access)


@contextmanager
def _plain_s3() -> Iterator[Wired]:
    """Without conditions, so that Buckia asks before and behind whatever it does."""
    with tiny_parts(), Moto() as moto, Proxy(moto.access) as proxy:
        proxy.moods = (Mood(ChecksBodies()),)
        yield WiredS3("plain s3", S3_KINDS, asked_of_s3, proxy.access)


@contextmanager
def _bunny() -> Iterator[Wired]:
    with FakeBunny(zone="torture", password=_PASSWORD) as fake:
        access = Access(endpoint=fake.endpoint)
        yield WiredBunny("bunny", BUNNY_KINDS, asked_of_bunny, access, fake)


SERVERS = {"s3": _s3, "plain s3": _plain_s3, "bunny": _bunny}


@contextmanager
def tiny_parts() -> Iterator[None]:
    """moto takes parts as small as the children send them."""
    with patch.object(models, "S3_UPLOAD_PART_MIN_SIZE", 1):
        yield


class Place:
    """A folder with a `.buckia` file, synced with a bucket at the other end of a line."""

    def __init__(self, folder: Path, wired: Wired, line: Line, yard: Yard, trust: Trust) -> None:
        self.root = folder / f"here-{next(_numbers)}"
        self.root.mkdir(parents=True)
        self.wired = wired
        self.line = line
        self.ground = wired.ground(trust.endpoint or line.endpoint, trust.certificate)
        self._yard = yard
        self._trust = trust
        self.at_stake: set[bytes] = set()
        """Texts that somebody wrote and nobody gave up."""
        self.round = 0
        """The scene that is on; names of files hold it."""
        self.configure(CALM)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(text for text in self.ground.secrets.values() if "secret" in text)

    def configure(self, timeout: float) -> None:
        """Write the `.buckia` file, with so many seconds of patience."""
        settings = {"retries": TRIES, "timeout": timeout, "max_workers": 2, "max_delete": "100%"}
        text = document(self.ground, delete_orphaned=True, **settings)
        (self.root / ".buckia").write_text(text)

    def run(self, *, patience: float = DEADLINE, hurries: bool | None = None, **how: Any) -> Ended:
        """One sync from the command line, or what else is said; killed when it takes too long.

        It `hurries` where the line does harm, unless that is said.
        """
        is_brief = self.line.is_harmed if hurries is None else hurries
        self.configure(TIMEOUT if is_brief else CALM)
        run = Run(folder=str(self.root), environment=self._environment(), **how)
        ended = self._yard.run(run, patience)
        self.line.settle()
        return ended

    def _environment(self) -> Mapping[str, str]:
        quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        certificate = self._trust.certificate
        trusted = {} if certificate is None else {"SSL_CERT_FILE": str(certificate.chain)}
        return {**self.ground.secrets, **quiet, **trusted}

    def name(self, name: str) -> str:
        """A name of the scene that is on."""
        return f"r{self.round}/{name}"

    # What its user does

    def write(self, key: str, content: bytes) -> None:
        """Over whatever is there, which is given up."""
        path = self.root / key
        if path.exists():
            self.give_up(path.read_bytes())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.at_stake.add(content)

    def put(self, key: str, content: bytes) -> None:
        """The same, by somebody else, in the bucket."""
        found = self.ground.objects().get(key)
        if found is not None:
            self.give_up(found)
        self.ground.put(key, content)
        self.at_stake.add(content)

    def delete(self, key: str) -> None:
        path = self.root / key
        self.give_up(path.read_bytes())
        path.unlink()

    def remove(self, key: str) -> None:
        self.give_up(self.ground.objects()[key])
        self.ground.remove(key)

    def rename(self, key: str, other: str) -> None:
        (self.root / key).rename(self.root / other)

    def give_up(self, content: bytes) -> None:
        self.at_stake.discard(content)

    # What is found

    def files(self) -> dict[str, bytes]:
        return {
            name: path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
            and not (name := path.relative_to(self.root).as_posix()).startswith(".buckia")
        }

    def trash(self) -> set[bytes]:
        """What a user can bring back."""
        with BuckiaClient.from_file(self.root / ".buckia", NAME) as client:
            return {item.path.read_bytes() for item in client.versions()}

    def lost(self) -> set[bytes]:
        """Texts that nobody gave up and that are nowhere."""
        found = {*self.files().values(), *self.ground.objects().values()}
        missing = self.at_stake - found
        return missing - self.trash() if missing else missing

    def state(self) -> bytes:
        """All that was written down."""
        files = (self.root / ".buckia.state").rglob("*")
        return b"".join(path.read_bytes() for path in files if path.is_file())


class Trust(msgspec.Struct, frozen=True):
    """Where the client looks for the bucket, if not at the line, and whom it trusts there."""

    certificate: Certificate | None = None
    endpoint: str = ""


class Stand:
    """A server and the yard, for any number of places one after the other."""

    def __init__(self, folder: Path, wired: Wired, yard: Yard) -> None:
        self.folder = folder
        self.wired = wired
        self.yard = yard
        self._open = ExitStack()
        self._used: Place | None = None

    @contextmanager
    def place(self, *, seed: int) -> Iterator[Place]:
        """A fresh one, with a line of its own; some servers have one bucket only, which it gets."""
        self.leave()
        with Line(self.wired.upstream, self.wired.judging, seed=seed) as line:
            yield Place(self.folder, self.wired, line, self.yard, Trust())

    def used(self, seed: int, settle: Callable[[Place], None]) -> Place:
        """One at which scenes were played before and all went well, or else a fresh one."""
        if self._used is None or self._used.round >= ROUNDS:
            place = self._open.enter_context(self.place(seed=seed))
            settle(place)
            self._used = place
        self._used.line.chance.seed(seed)
        return self._used

    def leave(self) -> None:
        """Play no more at the place of before."""
        self._used = None
        self._open.close()


@contextmanager
def stand(folder: Path, name: str) -> Iterator[Stand]:
    """The server of this name, and whoever runs there."""
    with ExitStack() as stack:
        wired = stack.enter_context(SERVERS[name]())
        yard = stack.enter_context(Yard(folder / "yard"))
        here = Stand(folder, wired, yard)
        stack.callback(here.leave)
        yield here
