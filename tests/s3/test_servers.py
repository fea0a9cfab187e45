"""The servers that the S3 provider is tested against run until they are stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.s3.servers import ceph, environments, ministack
from tests.s3.servers.access import Access, NotHere, Server, client
from tests.s3.servers.asking import BODY, TOLERANT, emptied, port_of
from tests.s3.servers.ceph_settings import Store
from tests.s3.servers.moto import Moto
from tests.s3.servers.processes import NotReady, Spawned, listens
from tests.s3.servers.proxy import Proxy
from tests.wanted import hint, wanted

only_with_ceph = pytest.mark.skipif(not wanted("ceph"), reason=hint("ceph", "takes a while"))
posix = pytest.mark.skipif(os.name != "posix", reason="runs programs the POSIX way")


def check_basics(server: Server) -> None:
    to = client(server.access, **TOLERANT)
    to.create_bucket(Bucket="basics")
    to.put_object(Bucket="basics", Key="ä/b c", Body=BODY)
    [one] = to.list_objects_v2(Bucket="basics")["Contents"]
    assert (one["Key"], one["Size"]) == ("ä/b c", len(BODY))
    assert to.get_object(Bucket="basics", Key="ä/b c")["Body"].read() == BODY


def test_moto_serves_until_it_is_stopped_and_may_be_stopped_twice() -> None:
    with Moto() as server:
        check_basics(server)
        emptied(server, "basics")
        server.stop()
        assert not listens(port_of(server.access))


def test_a_process_that_ends_before_it_is_ready_says_what_it_wrote(tmp_path: Path) -> None:
    failing = Spawned("failing", ["sh", "-c", "echo no luck; exit 3"], tmp_path)
    with pytest.raises(NotReady, match="failing ended with 3: no luck"):
        failing.wait_until(lambda: False, 30)


def test_a_process_that_is_never_ready_is_not_waited_for_forever(tmp_path: Path) -> None:
    mute = Spawned("mute", ["sleep", "60"], tmp_path)
    with pytest.raises(NotReady, match="mute is not ready"):
        mute.wait_until(lambda: False, 0)
    mute.end()
    mute.end()


@pytest.mark.slow
@pytest.mark.skipif(not wanted("ministack"), reason=hint("ministack", "installs a server"))
def test_ministack_serves_until_it_is_stopped(tmp_path: Path) -> None:
    try:
        server = ministack.start(tmp_path)
    except NotHere as error:
        pytest.skip(str(error))
    with server:
        check_basics(server)
        to = client(server.access, **TOLERANT)
        with pytest.raises(ClientError, match="PreconditionFailed"):
            to.put_object(Bucket="basics", Key="ä/b c", IfNoneMatch="*")
    assert not listens(port_of(server.access))
    assert (environments.CACHE / ".gitignore").read_text() == "*\n"


@pytest.mark.slow
@only_with_ceph
@pytest.mark.skipif(not ceph.installed(), reason=ceph.NO_STORE)
@pytest.mark.parametrize("store", ["memstore", "bluestore"])
def test_ceph_serves_http_and_https_until_it_is_stopped(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "ceph"
    with ceph.start(folder, store) as cluster:
        check_basics(cluster)
        through = client(cluster.tls, **TOLERANT)
        assert through.get_object(Bucket="basics", Key="ä/b c")["Body"].read() == BODY
        assert (folder / "osd" / "block").exists() == (store == "bluestore")
        with pytest.raises(FileExistsError, match="not empty"):
            ceph.start(folder)
        with Proxy(cluster.access) as proxy:
            # Ceph checks signatures, so what passes was not changed on the way.
            assert client(proxy.access).list_buckets()["Buckets"][0]["Name"] == "basics"
    assert not folder.exists()
    assert not listens(port_of(cluster.access))
    cluster.stop()


@pytest.mark.slow
@only_with_ceph
@pytest.mark.skipif(not ceph.installed(), reason=ceph.NO_STORE)
def test_ceph_is_started_and_stopped_by_words(tmp_path: Path) -> None:
    folder = tmp_path / "ceph"
    words = dict(line.split("=", 1) for line in commanded("start", str(folder)).splitlines())
    try:
        # Who started it is gone.
        access = Access(endpoint=words["S3_ENDPOINT_URL"], region=words["AWS_DEFAULT_REGION"])
        assert client(access).list_buckets()["Buckets"] == []
    finally:
        commanded("stop", str(folder))
    assert not folder.exists()
    assert not listens(port_of(access))


def commanded(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.s3.servers.ceph", *words],
        cwd=environments.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_words_that_ceph_does_not_know_are_answered_with_those_it_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ceph.main(["stop"]) == 2
    assert "ceph install" in capsys.readouterr().err


@posix
def test_installing_ceph_asks_apt_and_says_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not ceph.installed()
    with pytest.raises(NotHere, match="no apt-get here"):
        ceph.install()
    with pytest.raises(NotHere, match="not installed"):
        ceph.start(tmp_path / "ceph")
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexit 7\n')
    apt.chmod(0o755)
    with pytest.raises(NotHere, match="ended with 7"):
        ceph.install()
    asked = (tmp_path / "asked").read_text().split()
    assert (asked[0], asked[-3:]) == ("install", list(ceph.PACKAGES))


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of processes")
def test_stopping_ceph_leaves_a_process_alone_that_only_has_its_number(tmp_path: Path) -> None:
    folder = tmp_path / "ceph"
    folder.mkdir()
    (folder / "ceph.conf").touch()
    stranger = Spawned("mon", ["sleep", "60"], folder)
    kin = Spawned("osd", ["tail", "-f", str(folder / "ceph.conf")], folder)
    ceph.stop(folder)
    kin.reap()
    assert not folder.exists()
    assert Path(f"/proc/{stranger.pid}/cmdline").read_bytes() == b"sleep\x0060\0"
    stranger.end()
