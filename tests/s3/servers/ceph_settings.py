"""The configuration of a Ceph cluster of one monitor, one disk and one gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec

from tests.s3.servers.certificate import Certificate

Store = Literal["memstore", "bluestore"]
GIB = 1 << 30
QUIET = (
    "asok auth bluestore buffer context crush finisher heartbeatmap journal lockdep memstore "
    "mon monc ms objclass objecter optracker osd paxos perfcounter rados rgw rocksdb throttle "
    "timer tp"
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one cluster lives, and where it is reached."""

    folder: Path
    store: Store
    monitor: int
    http: int
    https: int
    certificate: Certificate
    fsid: str = msgspec.field(default_factory=lambda: str(uuid4()))

    @property
    def settings(self) -> Path:
        return self.folder / "ceph.conf"


def write(place: Place) -> None:
    """The folders of the daemons, and the file that all of them read."""
    for name in ("mon", "osd", "rgw", "log"):
        (place.folder / name).mkdir(parents=True)
    parts: dict[str, dict[str, object]] = {
        "global": {**_network(place), **_one_copy(), **_quiet(place.folder)},
        "mon": _monitor(place.folder),
        "osd": _disk(place),
        "client.rgw.a": _gateway(place),
        "client": {"rgw rados pool pg num min": 8},
    }
    lines: list[str] = []
    for name, settings in parts.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {value}" for key, value in settings.items()]
    place.settings.write_text("\n".join(lines) + "\n")


def _network(place: Place) -> dict[str, object]:
    return {
        "fsid": place.fsid,
        "mon initial members": "a",
        "mon host": f"[v2:127.0.0.1:{place.monitor}]",
        "ms bind msgr1": "false",
        "ms bind ipv6": "false",
        "ms bind port min": 16800,
        "ms bind port max": 17799,
        "public addr": "127.0.0.1",
        "cluster addr": "127.0.0.1",
        # Nobody proves who he is, all listen at the loopback only.
        "auth cluster required": "none",
        "auth service required": "none",
        "auth client required": "none",
        "auth supported": "none",
        "keyring": "/dev/null",
        # The gateway's own default is "secure", which rules out "none" above without saying so.
        "ms mon cluster mode": "crc",
        "ms mon service mode": "crc",
        "ms mon client mode": "crc",
    }


def _one_copy() -> dict[str, object]:
    return {
        "osd pool default size": 1,
        "osd pool default min size": 1,
        "osd pool default pg num": 8,
        "osd pool default pgp num": 8,
        "osd pool default pg autoscale mode": "off",
        "osd crush chooseleaf type": 0,
        "mon allow pool size one": "true",
        "mon max pg per osd": 2000,
        "mon pg warn min per osd": 0,
        "mon warn on pool no redundancy": "false",
    }


def _quiet(folder: Path) -> dict[str, object]:
    return {
        "run dir": folder,
        # A socket's path may have a hundred letters, and folders of tests have long names.
        "admin socket": "",
        "log file": folder / "log" / "$name.log",
        "mon cluster log file": folder / "log" / "cluster.log",
        "crash dir": folder / "log",
        "log max recent": 100,
        **{f"debug {part}": "0/0" for part in QUIET.split()},
    }


def _monitor(folder: Path) -> dict[str, object]:
    return {
        "mon data": folder / "mon",
        "mon data avail crit": 1,
        "mon data avail warn": 1,
        # Each pool that the gateway makes at its first start waits for these: a second by default.
        "paxos propose interval": 0.05,
        "paxos min wait": 0.01,
        "auth allow insecure global id reclaim": "true",
        "mon warn on insecure global id reclaim allowed": "false",
    }


def _disk(place: Place) -> dict[str, object]:
    return {
        "osd data": place.folder / "osd",
        "osd objectstore": place.store,
        "osd journal": "",
        "memstore device bytes": 4 * GIB,
        "bluestore block create": "true",
        # A disk that is full ends the daemon. The file takes only the room of what is in it.
        "bluestore block size": 32 * GIB,
        "bluestore fsck on mount": "false",
        "osd memory target": GIB,
        # A small machine: few threads, short logs.
        "osd op num shards": 2,
        "osd op num threads per shard": 2,
        "osd min pg log entries": 100,
        "osd max pg log entries": 200,
        "osd pg log dups tracked": 100,
        "osd enable op tracker": "false",
        # The gateway's work on listings is done by classes in here.
        "osd class load list": "*",
        "osd class default list": "*",
    }


def _gateway(place: Place) -> dict[str, object]:
    listens = (
        f"beast endpoint=127.0.0.1:{place.http} ssl_endpoint=127.0.0.1:{place.https}"
        f" ssl_certificate={place.certificate.chain} ssl_private_key={place.certificate.key}"
        # Without this an answer may wait 40 ms for an acknowledgement.
        " tcp_nodelay=1"
    )
    return {
        "rgw data": place.folder / "rgw",
        "rgw frontends": listens,
        "rgw dns name": "localhost",
        "rgw thread pool size": 64,
        "rgw enable usage log": "false",
        "rgw enable ops log": "false",
        "rgw run sync thread": "false",
    }
