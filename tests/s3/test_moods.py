"""Services that misbehave all the time: a folder and a bucket are kept in step there as well.

A few files always; the whole conformance kit where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.protocols import Storage
from tests.s3.acting import Stage, data_of, like_aws, on_stage
from tests.s3.servers.answering import Answers, KeepsNoMetadata, RefusesTrailers
from tests.s3.servers.conditions import BareIfMatch, IgnoresConditions, RefusesConditions
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.test_conformance import S3Conformance
from tests.wanted import wanted

Moods = Callable[[], tuple[Mood, ...]]
SERVICES: dict[str, Moods] = {
    "like AWS": like_aws,
    "ETags without quotes": lambda: (Mood(BareIfMatch()),),
    "ignores conditions": lambda: (Mood(IgnoresConditions()),),
    "refuses conditions": lambda: (Mood(RefusesConditions()),),
    "keeps no metadata": lambda: (Mood(KeepsNoMetadata()), *like_aws()),
    # As the S3 interface of Bunny's storage zones is documented.
    "like Bunny": lambda: (
        Mood(KeepsNoMetadata()),
        Mood(IgnoresConditions()),
        Mood(Answers(status=501, code="NotImplemented"), on="DeleteObjects GetObjectAttributes"),
    ),
    "refuses trailers": lambda: (Mood(RefusesTrailers()), *like_aws()),
}
services = pytest.mark.parametrize("moods", SERVICES.values(), ids=SERVICES)


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


class Device:
    """A folder with a client of its own."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.folder = stage.folder / name
        self.folder.mkdir()
        access = stage.proxy.access
        config = BucketConfig(
            provider="s3",
            bucket_name=stage.name,
            endpoint_url=access.endpoint,
            delete_orphaned=True,
            max_delete="100%",
            credentials={"access_key": access.access_key, "secret_key": access.secret_key},
        )
        self.client = BuckiaClient(config, local_path=self.folder)

    def write(self, files: dict[str, bytes]) -> None:
        for key, data in files.items():
            path = self.folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.relative_to(self.folder).parts[0].startswith(".buckia")
        }

    def sync(self) -> None:
        result = self.client.sync()
        assert not result.failed, result.failed
        assert not result.conflicts


def contents(stage: Stage) -> dict[str, bytes]:
    held = stage.all_keys()
    return {key: stage.held(key) for key in held}


@services
def test_two_devices_are_kept_in_step(stage: Stage, moods: Moods) -> None:
    stage.act(*moods())
    first, second = Device(stage, "first"), Device(stage, "second")
    with first.client, second.client:
        files = {"a": b"one", "b/ä +c": b"two", "d/e": data_of(100_000)}
        first.write(files)
        first.sync()
        second.sync()
        assert first.files() == second.files() == contents(stage) == files
        # An edit, a rename, a removal and a new one on each side.
        second.write({"a": b"one, edited", "new": b"three"})
        (second.folder / "d/e").rename(second.folder / "moved")
        (first.folder / "b/ä +c").unlink()
        for device in (second, first, second):
            device.sync()
        wanted = {"a": b"one, edited", "new": b"three", "moved": files["d/e"]}
        assert first.files() == second.files() == contents(stage) == wanted
    assert stage.uploads() == {}


@pytest.mark.slow
class TestEachService(S3Conformance):
    __test__ = wanted("moods")

    @pytest.fixture(params=list(SERVICES.values()), ids=list(SERVICES))
    def storage(
        self, moto: Moto, tmp_path: Path, request: pytest.FixtureRequest
    ) -> Iterator[Storage]:
        with Proxy(moto.access) as proxy:
            proxy.moods = request.param()
            yield from self.bucket_on(proxy, tmp_path)
