"""On a real gateway: a key for one bucket is made, used for that alone, and revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from buckia_linode.testing import FakeLinode
from tests.linode.ceph import CephBackend
from tests.linode.test_commands import TOKEN, Typing, well
from tests.s3.servers.ceph import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture
def shell(tmp_path: Path, gateway: Cluster) -> Iterator[Typing]:
    folder = tmp_path / "work"
    folder.mkdir()
    backend = CephBackend(gateway)
    with FakeLinode(TOKEN, endpoints=[backend.endpoint()], backend=backend) as fake:
        yield Typing(folder, fake)


def key(shell: Typing, *words: str) -> int:
    """Make one, have syncs find it, and return its number."""
    out = well(shell.linode("keys", "create", *words)).out
    for line in out.splitlines():
        name, _, value = line.partition("=")
        shell.environ[name] = value
    made = well(shell.linode("keys", "list", "--json")).document["keys"]
    return int(made[-1]["id"])


def test_a_key_syncs_its_bucket_and_no_other_until_it_is_revoked(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    mine, other = shell.label, f"other-{uuid4().hex[:12]}"
    shell.settings(bucket_name=other)
    well(shell.linode("buckets", "create"))
    shell.settings()
    number = key(shell)
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))
    assert well(shell("ls")).out == "a.txt\n"
    shell.settings(bucket_name=other)
    ran = shell("ls")
    assert ran.code == 3, ran.err
    shell.settings(bucket_name=mine)
    well(shell.linode("keys", "revoke", str(number), "--yes"))
    assert shell("sync").code == 3


def test_a_key_for_reading_pulls_and_cannot_push(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    key(shell)
    for name in ("a.txt", "rest.txt"):
        (shell.folder / name).write_text("bread")
    well(shell("sync"))
    key(shell, "--read-only")
    (shell.folder / "a.txt").unlink()
    well(shell("sync", "--direction", "pull"))
    assert (shell.folder / "a.txt").read_text() == "bread"
    (shell.folder / "b.txt").write_text("butter")
    assert shell("sync").code in {1, 3}
    assert well(shell("ls")).out == "a.txt\nrest.txt\n"


def test_the_doctor_tells_what_it_runs_on(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    key(shell)
    out = well(shell("doctor")).out
    assert "service: Ceph " in out
    assert "endpoint type: E1" in out
    assert "conditions on writes: honoured, with ETags written without quotes" in out
    assert "conditions on deletes: not honoured here; Buckia looks just before" in out


def test_settings_and_metadata_come_back_as_they_were_put(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    # Settings are the owner's, whose keys the cluster was made with.
    access = shell.fake.endpoints[0]
    assert access.s3_endpoint is not None
    shell.environ["BUCKIA_NOTES_ACCESS_KEY"] = "buckia"
    shell.environ["BUCKIA_NOTES_SECRET_KEY"] = "buckia-secret"
    rule = {"ID": "old", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 7}}
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app.example.com"]}
    for name, document in (("lifecycle", {"Rules": [rule]}), ("cors", {"CORSRules": [cors]})):
        (shell.folder / "given.json").write_bytes(msgspec.json.encode(document))
        well(shell.linode(name, "put", "given.json", "--yes"))
        found = well(shell.linode(name, "get", "--json")).document["value"]
        assert found == document
        well(shell.linode(name, "rm", "--yes"))
        assert well(shell.linode(name, "get", "--json")).document["value"] is None
    (shell.folder / "given.json").unlink()
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))
    well(shell.linode("metadata", "put", "a.txt", "camera=old", "--yes"))
    assert "old" in well(shell.linode("metadata", "get", "a.txt")).out
    well(shell.linode("metadata", "rm", "a.txt", "camera", "--yes"))
    assert "camera" not in well(shell.linode("metadata", "get", "a.txt")).out
    assert well(shell("sync", "--json")).document["buckets"][0]["unchanged"] == 1
