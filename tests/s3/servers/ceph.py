"""A real Ceph gateway: one monitor, one disk, one gateway, made anew for each start.

    python -m tests.s3.servers.ceph install       the Debian packages, as root
    python -m tests.s3.servers.ceph start DIR     starts one and says how to reach it
    python -m tests.s3.servers.ceph stop DIR      ends it and removes the folder

Linux only, as the packages are. What it holds ends with it.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from tests.s3.servers import ceph_settings
from tests.s3.servers.access import Access, NotHere, Server
from tests.s3.servers.ceph_settings import Place, Store
from tests.s3.servers.certificate import issue
from tests.s3.servers.processes import Spawned, free_port, listens

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd")
PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
DAEMONS = ("rgw", "osd", "mon")
"""In the order in which they are ended."""
NO_STORE = "Ceph is not installed; as root: python -m tests.s3.servers.ceph install"


def installed() -> bool:
    return sys.platform == "linux" and all(shutil.which(program) for program in PROGRAMS)


def install() -> None:
    """The Debian packages, through apt; `NotHere` where there is no apt or it may not."""
    if shutil.which("apt-get") is None:
        raise NotHere("there is no apt-get here to install Ceph with")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    status = subprocess.run(command, env=quiet, check=False).returncode
    if status != 0:
        raise NotHere(f"apt-get could not install Ceph and ended with {status}; is this root?")


class Cluster(Server):
    """A running gateway; `tls` is the same one through https."""

    def __init__(self, place: Place, daemons: list[Spawned], access: Access) -> None:
        super().__init__(access)
        self.folder = place.folder
        self.tls = Access(
            endpoint=f"https://localhost:{place.https}",
            region=access.region,
            access_key=access.access_key,
            secret_key=access.secret_key,
            ca_bundle=place.certificate.chain,
        )
        self._daemons = daemons

    def stop(self) -> None:
        """End it and remove its folder; once more does nothing."""
        stop(self.folder)
        for daemon in self._daemons:
            daemon.reap()


def start(folder: Path, store: Store = "memstore") -> Cluster:
    """A new cluster in this folder, which must not exist or be empty; takes about three seconds.

    Objects lie in memory, or for "bluestore" in a file in the folder. `NotHere` where Ceph is not
    installed.
    """
    if not installed():
        raise NotHere(NO_STORE)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: stop what runs there first")
    place = Place(
        folder=folder,
        store=store,
        monitor=free_port(),
        http=free_port(),
        https=free_port(),
        certificate=issue(folder),
    )
    ceph_settings.write(place)
    daemons: list[Spawned] = []
    try:
        _start_monitor(place, daemons)
        _start_disk(place, daemons)
        _start_gateway(place, daemons)
        access = Access(endpoint=f"http://127.0.0.1:{place.http}", region="default")
        _make_user(place, access)
    except BaseException:
        stop(folder)
        for daemon in daemons:
            daemon.reap()
        raise
    return Cluster(place, daemons, access)


def _start_monitor(place: Place, daemons: list[Spawned]) -> None:
    at = f"[v2:127.0.0.1:{place.monitor}]"
    monitors = str(place.folder / "monmap")
    _tool(place, "monmaptool", "--create", "--fsid", place.fsid, "--addv", "a", at, monitors)
    _tool(place, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors)
    daemon = _daemon(place, "mon", "ceph-mon", "-f", "-i", "a")
    daemons.append(daemon)
    daemon.wait_until(lambda: listens(place.monitor), 30)


def _start_disk(place: Place, daemons: list[Spawned]) -> None:
    name = str(uuid4())
    # Waits until the monitor has elected itself.
    _tool(place, "ceph", "--connect-timeout", "30", "osd", "new", name)
    _tool(place, "ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", name)
    daemon = _daemon(place, "osd", "ceph-osd", "-f", "-i", "0")
    daemons.append(daemon)

    def is_up() -> bool:
        found = _tool(place, "ceph", "--connect-timeout", "30", "osd", "stat", "-f", "json")
        return '"num_up_osds":1' in found

    daemon.wait_until(is_up, 60)


def _start_gateway(place: Place, daemons: list[Spawned]) -> None:
    daemon = _daemon(place, "rgw", "radosgw", "-f", "-n", "client.rgw.a")
    daemons.append(daemon)
    # It listens once its pools are made; a user made before would make them at the same time.
    daemon.wait_until(lambda: listens(place.http) and listens(place.https), 120)


def _make_user(place: Place, access: Access) -> None:
    keys = (f"--access-key={access.access_key}", f"--secret-key={access.secret_key}")
    names = ("--uid=buckia", "--display-name=Buckia")
    # A bucket for each test is more than a user may have.
    _tool(place, "radosgw-admin", "user", "create", *names, *keys, "--max-buckets=0")


def _daemon(place: Place, name: str, *command: str) -> Spawned:
    return Spawned(name, [*command, "-c", place.settings], place.folder)


def _tool(place: Place, *command: str) -> str:
    """One that ends by itself; all but one of them read the configuration."""
    settings = [] if command[0] == "monmaptool" else ["-c", str(place.settings)]
    done = subprocess.run(
        [*command, *settings],
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def stop(folder: Path) -> None:
    """End all that runs in this folder, whoever started it, and remove the folder."""
    folder = folder.resolve()
    settings = folder / "ceph.conf"
    if not settings.is_file():
        return
    for name in DAEMONS:
        recorded = folder / f"{name}.pid"
        if recorded.is_file():
            _end(int(recorded.read_text()), str(settings))
    shutil.rmtree(folder)


def _end(pid: int, mark: str) -> None:
    """End this process and wait for it, if the mark is among the words it was started with."""
    assert sys.platform == "linux"
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # From here on the number cannot become another process's unseen.
        if mark.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return
        signal.pidfd_send_signal(process, signal.SIGKILL)
        ended = select.poll()
        ended.register(process, select.POLLIN)
        if not ended.poll(30_000):
            raise TimeoutError(f"process {pid} does not end")
    except (FileNotFoundError, ProcessLookupError):
        return
    finally:
        os.close(process)


def described(cluster: Cluster) -> str:
    """The words to put into an environment, as a shell reads them."""
    words = {
        "S3_ENDPOINT_URL": cluster.endpoint,
        "S3_TLS_ENDPOINT_URL": cluster.tls.endpoint,
        "S3_CA_BUNDLE": cluster.tls.ca_bundle,
        "AWS_ACCESS_KEY_ID": cluster.access.access_key,
        "AWS_SECRET_ACCESS_KEY": cluster.access.secret_key,
        "AWS_DEFAULT_REGION": cluster.access.region,
    }
    return "".join(f"{name}={value}\n" for name, value in words.items())


def main(words: list[str]) -> int:
    match words:
        case ["install"]:
            install()
        case ["start", folder]:
            sys.stdout.write(described(start(Path(folder))))
        case ["stop", folder]:
            stop(Path(folder))
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NotHere as error:
        sys.exit(f"Error: {error}")
