"""Buckia and the tools that people use beside it see each other's objects as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.results import SyncResult
from tests.s3.servers import environments
from tests.s3.servers.access import NotHere
from tests.s3.tools.folders import LONG_AGO, MIB, Folder, content
from tests.s3.tools.programs import Aws, Rclone, S5cmd, Tool
from tests.s3.tools.scene import Installed, Scene
from tests.wanted import hint, wanted

TOOLS = (Aws, S5cmd, Rclone)
SMALL = {
    "empty": b"",
    "one": b"1",
    "a b/ä+ö & 100%.txt": b"umlauts",
    "a b/c/it's (here) #1=!.txt": b"signs" * 1000,
}
LISTED = {"ListObjectsV2": 1}
"""All that a run asks for which has nothing to find out."""


@pytest.fixture(scope="session")
def installed() -> Installed:
    """Where a tool's program is; asks for each of them once, and skips where it cannot be had."""
    found: dict[type[Tool], Path | NotHere] = {}

    def look(kind: type[Tool]) -> Path:
        if kind not in found:
            try:
                found[kind] = environments.ensure(kind.package, kind.program)
            except NotHere as reason:
                found[kind] = reason
        path = found[kind]
        if isinstance(path, NotHere):
            pytest.skip(str(path))
        return path

    return look


@pytest.fixture(params=["moto", "gateway"])
def scene(request: pytest.FixtureRequest, tmp_path: Path, installed: Installed) -> Iterator[Scene]:
    if not wanted("tools"):
        pytest.skip(hint("tools", "installs programs"))
    scene = Scene(request.getfixturevalue(request.param), tmp_path, installed)
    yield scene
    scene.close()


def filled(folder: Folder, *, large: int = 0) -> dict[str, bytes]:
    """A tree of small files, and one of so many mebibytes."""
    held = {**SMALL, "a b/large": content(large * MIB)} if large else SMALL
    for key, data in held.items():
        folder.put(key, data)
    return dict(held)


def parts(tag: str) -> int:
    """How many parts an object came in; none where it came as a whole."""
    return int(tag.partition("-")[2] or 0)


def deeds(result: SyncResult) -> list[str]:
    """What was done to files or objects; to adopt is only to write down that they are the same."""
    return [step.action for step in result.actions if step.action != "adopt"]


def still(result: SyncResult) -> bool:
    """Whether a run left both sides as they were."""
    return not deeds(result) and result.bytes_up == result.bytes_down == 0


def idle(result: SyncResult) -> bool:
    """Whether there was nothing to write down either."""
    return still(result) and not result.actions and result.adopted == 0


def check_adopted(scene: Scene, folder: Folder, held: dict[str, bytes]) -> None:
    """Buckia's first run takes all for the same, looks at no object, and changes nothing."""
    tags = scene.tags()
    result = folder.sync()
    assert result.adopted == len(held)
    assert still(result)
    assert scene.asked() == LISTED
    assert folder.held() == held
    assert scene.tags() == tags
    result = folder.sync()
    assert idle(result)
    assert result.unchanged == len(held)
    assert scene.asked() == LISTED


# What others wrote


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "size", "part", "count"),
    [
        (Aws, 30, None, 4),
        (Aws, 30, 16, 2),
        (S5cmd, 30, None, 0),
        (S5cmd, 60, None, 2),
        (S5cmd, 30, 10, 3),
        (Rclone, 30, None, 0),
        (Rclone, 30, 5, 6),
        (Rclone, 30, 16, 2),
    ],
)
def test_what_a_tool_copied_is_adopted_and_not_read(
    scene: Scene, kind: type[Tool], size: int, part: int | None, count: int
) -> None:
    folder, tool = scene.folder(), scene.tool(kind)
    held = {"large": content(size * MIB), "a/small": b"small", "a/empty": b""}
    for key, data in held.items():
        tool.copy(folder.put(key, data), key, part=part)
    assert parts(scene.tags()["large"]) == count
    check_adopted(scene, folder, held)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TOOLS)
def test_a_tree_that_a_tool_synced_is_adopted_and_not_read(scene: Scene, kind: type[Tool]) -> None:
    folder = scene.folder()
    held = filled(folder, large=12)
    scene.tool(kind).sync(folder.files)
    assert scene.tags().keys() == held.keys()
    check_adopted(scene, folder, held)


@pytest.mark.slow
def test_an_object_in_parts_of_an_odd_size_is_read_once_and_adopted(scene: Scene) -> None:
    folder, tool = scene.folder(), scene.tool(S5cmd)
    tool.copy(folder.put("large", content(30 * MIB)), "large", part=7)
    assert parts(scene.tags()["large"]) == 5
    result = folder.sync()
    assert result.adopted == 1
    assert still(result)
    assert scene.asked() == {**LISTED, "HeadObject": 1, "GetObject": 1}
    assert idle(folder.sync())
    assert scene.asked() == LISTED


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "part"), [(Aws, None), (S5cmd, 5), (Rclone, 5), (S5cmd, None)])
def test_a_single_byte_that_differs_is_a_conflict_and_both_versions_stay(
    scene: Scene, kind: type[Tool], part: int | None
) -> None:
    folder = scene.folder()
    theirs = content(12 * MIB)
    ours = theirs[:-1] + bytes([theirs[-1] ^ 1])
    scene.tool(kind).copy(folder.put("large", theirs), "large", part=part)
    folder.put("large", ours)
    result = folder.tried()
    assert [one.path for one in result.conflicts] == ["large"]
    assert (result.adopted, result.failed) == (0, ())
    assert set(folder.held().values()) == {ours, theirs}


# What Buckia wrote


@pytest.fixture
def pair(scene: Scene) -> tuple[Folder, Folder]:
    """A folder whose tree Buckia wrote into the bucket, and one into which it brought that."""
    writer, reader = scene.folder(), scene.folder()
    held = filled(writer, large=40)
    assert writer.sync().uploaded == reader.sync().downloaded == len(held)
    assert parts(scene.tags()["a b/large"]) > 1
    assert reader.held() == held
    return writer, reader


@pytest.mark.slow
def test_rclone_check_finds_no_difference_to_what_buckia_wrote(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    rclone = scene.tool(Rclone)
    for folder in pair:
        done = rclone.check(folder.files)
        assert done.code == 0, done.err
        assert f"{len(SMALL) + 1} matching files" in done.err
        # An ETag of parts is no MD5 to rclone: of the large object it compares the size.
        assert "1 hashes could not be checked" in done.err
        done = rclone.check(folder.files, "--download")
        assert done.code == 0, done.err
        assert "could not be checked" not in done.err


@pytest.mark.slow
def test_rclone_check_compares_digests_of_small_objects_and_sizes_of_those_in_parts(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    rclone, folder = scene.tool(Rclone), pair[0]
    folder.put("one", b"2")
    assert rclone.check(folder.files).code == 1
    folder.put("one", SMALL["one"])
    folder.put("a b/large", bytes(40 * MIB))
    assert rclone.check(folder.files).code == 0
    assert rclone.check(folder.files, "--download").code == 1


@pytest.mark.slow
def test_rclone_sync_would_transfer_nothing_of_what_buckia_wrote(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    rclone = scene.tool(Rclone)
    for folder in pair:
        assert rclone.intended(folder.files, rclone.place()) == []
        assert rclone.intended(rclone.place(), folder.files) == []
    # It does look: at the time, to the nanosecond, and where that is another at the bytes.
    folder.put("one", SMALL["one"], mtime_ns=LONG_AGO + 1)
    folder.put("empty", b"", mtime_ns=LONG_AGO)
    folder.put("a b/large", bytes(40 * MIB), mtime_ns=LONG_AGO + 1)
    expected = {("update modification time", "one"), ("copy", "a b/large")}
    assert set(rclone.intended(folder.files, rclone.place())) == expected
    assert set(rclone.intended(rclone.place(), folder.files)) == expected


@pytest.mark.slow
def test_aws_sync_would_do_nothing_to_what_buckia_wrote(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    aws = scene.tool(Aws)
    for folder in pair:
        assert aws.intended(folder.files, aws.place()) == []
        assert aws.intended(aws.place(), folder.files) == []
    folder.put("one", b"longer")
    [up] = aws.intended(folder.files, aws.place())
    [down] = aws.intended(aws.place(), folder.files)
    assert re.match(r"\(dryrun\) upload: .*/one to s3:", up)
    assert re.match(r"\(dryrun\) download: s3:.*/one to ", down)


@pytest.mark.slow
def test_what_buckia_wrote_over_an_object_of_rclone_has_its_new_time(scene: Scene) -> None:
    folder, rclone = scene.folder(), scene.tool(Rclone)
    held = filled(folder, large=40)
    rclone.sync(folder.files)
    check_adopted(scene, folder, held)
    folder.put("one", b"2", mtime_ns=LONG_AGO + 1)
    folder.put("a b/large", content(41 * MIB), mtime_ns=LONG_AGO - 1)
    assert folder.sync().uploaded == 2
    assert rclone.intended(folder.files, rclone.place()) == []
    assert rclone.intended(rclone.place(), folder.files) == []
    assert rclone.check(folder.files, "--download").code == 0


# What others changed since


@pytest.mark.slow
@pytest.mark.parametrize("kind", [S5cmd, Rclone])
def test_what_a_tool_changed_since_comes_once_to_everybody(
    scene: Scene, pair: tuple[Folder, Folder], tmp_path: Path, kind: type[Tool]
) -> None:
    tool, file = scene.tool(kind), tmp_path / "file"
    held = pair[0].held()
    changed = {"one": b"2", "a b/large": content(41 * MIB), "new/one": b"new"}
    for key, data in changed.items():
        file.write_bytes(data)
        tool.copy(file, key, part=8)
    tool.remove("empty")
    held |= changed
    del held["empty"]
    for folder in pair:
        scene.asked()
        result = folder.sync()
        assert (result.downloaded, result.deleted_local) == (len(changed), 1)
        assert len(result.actions) == len(changed) + 1
        assert result.bytes_down == sum(map(len, changed.values()))
        # One of the same size may be read before, to compare it.
        assert scene.asked()["GetObject"] - len(changed) in (0, 1)
        assert folder.held() == held
        assert idle(folder.sync())
        assert scene.asked() == LISTED


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Aws, Rclone])
def test_what_a_tool_moved_is_renamed_here_and_not_fetched(
    scene: Scene, pair: tuple[Folder, Folder], kind: type[Tool]
) -> None:
    held = pair[0].held()
    held["moved/one more"] = held.pop("one")
    scene.tool(kind).move("one", "moved/one more")
    for folder in pair:
        scene.asked()
        result = folder.sync()
        assert (result.renamed, len(result.actions), result.bytes_down) == (1, 1, 0)
        assert not scene.asked()["GetObject"]
        assert folder.held() == held
        assert idle(folder.sync())


@pytest.mark.slow
def test_what_s5cmd_moved_without_its_metadata_arrives_once_under_its_new_name(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    held = pair[0].held()
    held["moved/one"] = held.pop("one")
    scene.tool(S5cmd).move("one", "moved/one")
    there = scene.bucket.client.head_object(Bucket=scene.bucket.name, Key="moved/one")
    assert there["Metadata"] == {}
    tags = scene.tags()
    for folder in pair:
        result = folder.sync()
        assert result.uploaded == result.deleted_remote == 0
        # A rename, or where nothing proves that, a new file and a deletion.
        assert result.renamed + result.downloaded == 1
        assert result.renamed + result.deleted_local == 1
        assert folder.held() == held
        assert idle(folder.sync())
    assert scene.tags() == tags


@pytest.mark.slow
def test_a_tree_that_rclone_synced_from_elsewhere_comes_as_it_is(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    writer, reader = pair
    writer.put("one", b"2", mtime_ns=LONG_AGO + 7)
    writer.put("a b/new", b"new", mtime_ns=LONG_AGO + 8)
    (writer.files / "empty").unlink()
    rclone = scene.tool(Rclone)
    rclone.sync(writer.files)
    result = reader.sync()
    assert (result.downloaded, result.deleted_local, len(result.actions)) == (2, 1, 3)
    assert reader.held() == writer.held()
    # Times come along too, so rclone finds nothing to do with that folder either.
    assert rclone.intended(reader.files, rclone.place()) == []
    # Whoever's files were synced by somebody else finds both sides the same again.
    assert still(writer.sync())
    assert idle(writer.sync())


@pytest.mark.slow
def test_objects_that_were_touched_or_written_again_are_the_same(
    scene: Scene, pair: tuple[Folder, Folder]
) -> None:
    rclone, s5cmd = scene.tool(Rclone), scene.tool(S5cmd)
    folder, held = pair[0], pair[0].held()
    rclone.touch("one")
    rclone.touch("a b/large")
    s5cmd.copy(folder.files / "empty", "empty")
    for again in ("touched", "in other parts"):
        if again == "in other parts":
            s5cmd.copy(folder.files / "a b/large", "a b/large", part=5)
            assert parts(scene.tags()["a b/large"]) == 8
        tags = scene.tags()
        for one in pair:
            assert idle(one.sync()), again
            scene.asked()
            assert idle(one.sync()), again
            assert scene.asked() == LISTED
            assert one.held() == held
        assert scene.tags() == tags
