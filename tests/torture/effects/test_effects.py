"""The seam sees all that a process does to a disk, and cuts it short or refuses it as told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.effects.effects import Kind, NotHere, preloaded, recorded

ROOT = Path(__file__).parents[3]
BEGIN = """
import errno, os, shutil, sqlite3, sys
from pathlib import Path
from tests.torture.effects.effects import Effects, Kind
here = Path(sys.argv[1])
effects = Effects(here)
"""


def ran(folder: Path, deed: str) -> subprocess.CompletedProcess[str]:
    """The deed done by a process that has the seam and watches the folder."""
    try:
        environment = {**os.environ, **preloaded()}
    except NotHere as reason:
        pytest.skip(str(reason))
    return subprocess.run(
        [sys.executable, "-c", BEGIN + deed, str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def said(folder: Path, deed: str) -> str:
    done = ran(folder, deed)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


DEEDS = {
    "open(here / 'new', 'x').close()": [Kind.CREATE],
    "open(here / 'file', 'wb').close()": [Kind.TRUNCATE],
    "os.close(os.open('new', os.O_CREAT | os.O_RDWR, dir_fd=os.open(here, 0)))": [Kind.CREATE],
    "os.write(os.open(here / 'file', os.O_RDWR), b'1')": [Kind.WRITE],
    "os.pwrite(os.open(here / 'file', os.O_RDWR), b'1', 9)": [Kind.WRITE],
    "os.writev(os.open(here / 'file', os.O_RDWR), [b'', b'12'])": [Kind.WRITE],
    "os.pwritev(os.open(here / 'file', os.O_RDWR), [b'12'], 3)": [Kind.WRITE],
    "shutil.copyfile(here / 'file', here / 'copy')": [Kind.CREATE, Kind.WRITE],
    "os.truncate(here / 'file', 2)": [Kind.TRUNCATE],
    "os.ftruncate(os.open(here / 'file', os.O_RDWR), 2)": [Kind.TRUNCATE],
    "os.posix_fallocate(os.open(here / 'file', os.O_RDWR), 0, 99)": [Kind.TRUNCATE],
    "os.rename(here / 'file', here / 'other')": [Kind.RENAME],
    "f = os.open(here, 0); os.replace('file', 'other', src_dir_fd=f, dst_dir_fd=f)": [Kind.RENAME],
    "os.link(here / 'file', here / 'other')": [Kind.LINK],
    "os.symlink('file', here / 'other')": [Kind.LINK],
    "os.unlink('file', dir_fd=os.open(here, 0))": [Kind.UNLINK],
    "(here / 'made').mkdir(); (here / 'made').rmdir()": [Kind.MKDIR, Kind.RMDIR],
    "os.fsync(os.open(here, 0))": [Kind.SYNC],
    "os.fdatasync(os.open(here / 'file', os.O_RDWR))": [Kind.SYNC],
    "import ctypes; ctypes.CDLL(None).syncfs(os.open(here, 0))": [Kind.SYNC],
    "os.utime(here / 'file', ns=(1, 2))": [Kind.TIMES],
    "os.utime(os.open(here / 'file', 0), ns=(1, 2))": [Kind.TIMES],
    "os.chmod(here / 'file', 0o600)": [Kind.MODE],
    "os.fchmod(os.open(here / 'file', 0), 0o600)": [Kind.MODE],
}


def test_every_way_of_python_to_change_a_disk_is_seen(tmp_path: Path) -> None:
    deeds = "\n".join(
        f"shutil.rmtree(here); here.mkdir(); (here / 'file').write_bytes(b'held')\n"
        f"effects = Effects(here)\neffects.record(Path({str(tmp_path)!r}, '{number}'))\n"
        f"{deed}\neffects.stop()"
        for number, deed in enumerate(DEEDS)
    )
    (tmp_path / "here").mkdir()
    said(tmp_path / "here", deeds)
    for number, (deed, kinds) in enumerate(DEEDS.items()):
        found = [effect.kind for effect in recorded(tmp_path / str(number))]
        assert found == kinds, deed


def test_a_commit_of_sqlite_is_seen_with_its_writes_and_flushes(tmp_path: Path) -> None:
    deed = """
base = sqlite3.connect(here / "base", isolation_level=None)
base.execute("PRAGMA journal_mode=WAL"), base.execute("PRAGMA synchronous=FULL")
base.execute("CREATE TABLE t (a)")
before = effects.count(Kind.WRITE), effects.count(Kind.SYNC)
base.execute("INSERT INTO t VALUES (1)")
print(effects.count(Kind.WRITE) - before[0], effects.count(Kind.SYNC) - before[1])
"""
    writes, flushes = map(int, said(tmp_path, deed).split())
    assert writes >= 2
    assert flushes == 1


def test_what_changes_nothing_or_lies_elsewhere_does_not_count(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "hereafter"
    here.mkdir()
    deed = f"""
(here / "file").write_bytes(b"")
before = effects.count()
(here / "file").open("rb").close(), (here / "file").open("ab").close()
here.mkdir(exist_ok=True), (here / "none").unlink(missing_ok=True)
Path({str(elsewhere)!r}).write_bytes(b"1"), os.write(1, b"")
print(effects.count() - before)
if os.fork() == 0:
    (here / "by a child").write_bytes(b"1")
    print(effects.count(), flush=True), os._exit(0)
os.wait()
"""
    assert said(here, deed).split() == ["0", "0"]


@pytest.mark.parametrize(("when", "is_there"), [("before", False), ("after", True)])
def test_a_process_ends_before_or_after_the_effect(
    tmp_path: Path, when: str, is_there: bool
) -> None:
    deed = f"""
effects.kill(2, "{when}")
for name in "abc":
    os.mkdir(here / name)
"""
    assert ran(tmp_path, deed).returncode == -signal.SIGKILL
    assert (tmp_path / "a").exists()
    assert (tmp_path / "b").exists() is is_there
    assert not (tmp_path / "c").exists()


TRIES = """
def tried(name):
    try:
        (here / name).write_bytes(b"1")
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
"""


@pytest.mark.parametrize(
    ("order", "ended"),
    [
        ("2, errno.EIO, [Kind.WRITE]", "done EIO done done"),
        ("2, errno.EIO, [Kind.WRITE], always=True", "done EIO EIO EIO"),
        ("3, errno.ENOSPC", "done ENOSPC done done"),
        ("0, 0", "done done done done"),
    ],
)
def test_an_effect_is_refused_once_or_always(tmp_path: Path, order: str, ended: str) -> None:
    deed = f'{TRIES}\neffects.fail({order})\nprint(*[tried(name) for name in "abcd"])'
    assert said(tmp_path, deed) == ended


def test_what_failed_has_changed_nothing_and_does_not_count(tmp_path: Path) -> None:
    deed = f"{TRIES}\neffects.fail(1, errno.ENOSPC)\nprint(tried('a'), effects.count())"
    assert said(tmp_path, deed) == "ENOSPC 0"
    assert list(tmp_path.iterdir()) == []
