"""`.buckia` files of any bytes, and files of patterns that somebody made to keep a run busy."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from buckia.config.common import COMMON
from buckia.config.file import load
from buckia.config.options import resolve_options
from buckia.errors import BuckiaError
from buckia.plugins import Plugins
from buckia.secrets import Secrets
from tests.guarantees.stage import files
from tests.torture.fuzz.hoard import Hoard, client, put
from tests.torture.fuzz.keys import any_key
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.mutations import DEEP, bytes_of, json_of
from tests.torture.fuzz.watching import SECRET, ended, in_time, keeps_secret

QUICK = 5.0
"""Seconds of the processor for what takes a hundredth of one."""
BUCKET = {
    "provider": "s3",
    "bucket_name": "assets",
    "region": "us-east-1",
    "access_key": "AKIA",
    "secret_key": f"literal:{SECRET}",
    "paths": [".", {"path": "static", "to": "data/", "direction": "push"}],
    "files": {"a": "b"},
    "include": ["*.txt"],
    "bandwidth": "08:00 1MiB/s, 19:00 off",
    "max_delete": "25%",
    "timeout": "90s",
    "objects": [{"match": "*.html", "cache_control": "no-cache", "metadata": {"a": "b"}}],
}
_BUNNY = {"provider": "bunny", "bucket_name": "z", "storage_api_key": f"literal:{SECRET}"}
_LINODE = {
    "provider": "linode",
    "bucket_name": "z",
    "token": f"literal:{SECRET}",
    "region": "us-ord",
}
_EVERY_KEY = {
    "provider": "memory",
    "bucket_name": "m",
    **dict.fromkeys(set(COMMON) - {"provider"}, 1),
}
_SECRET_KEYS = {"secret_key", "storage_api_key", "token"}
_OPEN_KEYS = {*BUCKET, *_BUNNY, *_LINODE, *_EVERY_KEY} - _SECRET_KEYS
_KEYS_OF_SECRET = re.compile(r'"(\w+)"\s*:[^,{}]*' + re.escape(SECRET))
TREES = ({"a": BUCKET}, {"a": _BUNNY, "b": _LINODE}, {"a": _EVERY_KEY}, {"a": BUCKET})

YAML: Sequence[bytes] = (
    b"a: &x\n  provider: s3\n  bucket_name: assets\nb:\n  <<: *x\n  bucket_name: other\n",
    b"""a: &a [x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d]
f: [*e,*e,*e,*e,*e,*e,*e,*e]
""",
    b"a: &a {b: *a}\n",
    b"a: !!python/object/apply:os.system [echo harm]\n",
    b"a: !!binary aGFybQ==\nb: !!set {x, y}\nc: !!timestamp 2001-12-14\n",
    b"? [a, b]\n: c\n",
    b"a: {provider: s3, provider: s3}\n",
    b"%YAML 1.1\n---\na: 1\n---\nb: 2\n...\n",
    b'[a]\nprovider = "s3"\nbucket_name = "assets"\n[a.files]\n"x" = "y"\n',
    b"a: " + b"[" * DEEP,
    b"a:\n" + b"".join(b" " * n + b"b:\n" for n in range(1, 400)),
    b"a: " + b"9" * 5000,
    b"a: {timeout: 1e400, retries: .inf, max_workers: 0x" + b"f" * 90 + b"}\n",
    b"\xef\xbb\xbfa: {provider: local, bucket_name: x}\n",
)
_WORDS = (b"!!python/object:os.system", b"&x ", b"*x", b"<<: *x\n", b"\n---\n", b"? ", b": ", b"- ")


class File(NamedTuple):
    name: str
    content: bytes


files_of_any_kind = st.builds(
    File,
    st.sampled_from((".buckia", ".buckia.json", ".buckia.toml", ".buckia.yaml")),
    json_of(TREES, nested=0) | bytes_of(YAML, _WORDS),
)
_plugins: list[Plugins] = []


def play(place: Path, given: File) -> str:
    path = place / given.name
    path.write_bytes(given.content)
    _plugins[:] = _plugins or [Plugins()]
    # Whoever writes a secret into the name of a region has told it to everybody.
    is_given_away = _OPEN_KEYS.intersection(
        _KEYS_OF_SECRET.findall(given.content.decode("latin-1"))
    )
    began = time.process_time()
    with in_time():
        try:
            found = load(path)
            for config in found.buckets.values():
                assert is_given_away or SECRET not in repr(config)
                provider = _plugins[0].provider(config.provider)
                resolve_options(config, provider, secrets=Secrets(environ={}, keyring=lambda: None))
        except BuckiaError as error:
            outcome, said = ended(error), f"{error.message} {error.hint} {error!r}"
        else:
            outcome, said = "taken for a configuration", ""
    if not is_given_away:
        keeps_secret(place / "nowhere", said)
    assert time.process_time() - began < QUICK, "it is too much work to read"
    return outcome


_bits = st.sampled_from(
    (
        *("*", "**", "/", "?", "!", "#", "\\", "[", "]", "[a-z]", "[!a]", "[[:alpha:]]", "a", "b"),
        *("**/", "/**", "*a", "a*", "*" * 30, "?" * 30, "(a+)+$", "[z-a]", "[]]", "é", "\x00", " "),
    )
)
_pattern = st.lists(_bits, max_size=14).map("".join)
_nasty = st.integers(1, 40).map(lambda n: "*a" * n + "b") | st.integers(1, 30).map(
    lambda n: "**/a/" * n + "*b"
)
patterns = st.lists(_pattern | _nasty, max_size=8).map("\n".join)


class Ignoring(NamedTuple):
    patterns: str
    below: str
    keys: list[str]


_long = st.integers(1, 60).map(lambda n: "a" * n) | st.integers(1, 60).map(lambda n: "a/" * n + "a")


def play_patterns(place: Path, given: Ignoring) -> str:
    """However long it is thought about which keys take part, none of them is lost."""
    root = place / "root"
    put(root, {"d/a": b"mine", ".buckiaignore": given.patterns.encode(errors="replace")})
    put(root, {"d/.buckiaignore": given.below.encode(errors="replace")})
    hoard = Hoard(dict.fromkeys(given.keys, b"theirs"))
    began = time.process_time()
    try:
        with in_time(), client(hoard, root) as opened:
            opened.sync(delete_orphaned=True)
    except BuckiaError as error:
        outcome = ended(error)
    else:
        outcome = "everything taken" if len(files(root)) > 3 else "nothing taken"
    assert set(given.keys) <= set(hoard.objects)
    assert files(root)["d/a"] == b"mine"
    assert time.process_time() - began < QUICK
    keeps_secret(root)
    return outcome


CONFIGS = Kind("config", files_of_any_kind, play, short=40)
PATTERNS = Kind(
    "ignore",
    st.builds(Ignoring, patterns, patterns, st.lists(_long | any_key, max_size=4)),
    play_patterns,
    short=12,
)
