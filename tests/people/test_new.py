"""`buckia users new`: an ID that nobody can guess, and a folder that can be synced at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from buckia.errors import GuardStopped, VersionMismatch
from buckia.ids import is_user_id
from tests.cli.fakes import Shell
from tests.engine.bench import Bench
from tests.grounds import document
from tests.people.watching import KINDS, Watched, watched


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    with watched(request.param, tmp_path / "there") as made:
        yield made


def shell(folder: Path, bucket: Watched, **settings: object) -> Shell:
    folder.mkdir()
    made = Shell(folder, real=True)
    (folder / ".buckia").write_text(document(bucket.ground, **settings))
    (folder / ".buckia").chmod(0o600)
    made.environ.update(bucket.ground.secrets)
    return made


def test_a_new_users_folder_is_there_and_is_synced_at_once(bucket: Watched, tmp_path: Path) -> None:
    admin = shell(tmp_path / "admin", bucket)
    made = admin("users", "new", "--json").document
    name = made["id"]
    assert is_user_id(name)
    assert made == {"bucket": "shared", "id": name, "folder": f"{name}/"}
    [(key, content)] = bucket.ground.objects().items()
    assert key == f"{name}/.buckia-user"
    assert json.loads(content).keys() == {"format", "at", "note"}
    assert admin("ls").out.startswith(f"{name}/")
    device = shell(tmp_path / "device", bucket, folders=[name], delete_orphaned=True)
    assert device("sync").code == 0
    assert sorted(path.name for path in device.folder.iterdir()) == [".buckia", ".buckia.state"]
    (device.folder / name).mkdir()
    (device.folder / name / "a.txt").write_text("a")
    assert device("sync").code == 0
    assert bucket.ground.objects() == {key: content, f"{name}/a.txt": b"a"}
    assert device("verify").code == 0
    assert device("status", "--exit-code").code == 0


def test_an_emptied_folder_is_no_less_empty_for_its_note(tmp_path: Path) -> None:
    bench = Bench(tmp_path, delete_orphaned=True)
    with bench.client() as client:
        name = client.new_user()
    bench.put_here(f"{name}/a", "a")
    bench.config = bench.config.replace(folders=[name])
    bench.done()
    bench.drop_there(f"{name}/a")
    with pytest.raises(GuardStopped, match="empty"):
        bench.sync()
    assert bench.here() == {f"{name}/a": b"a"}


def test_what_is_there_is_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    with bench.client() as client:
        name = client.new_user()
        bench.put_there(f"{name}/.buckia-user", "of somebody else")
        before = bench.there()
        monkeypatch.setattr("buckia.client.people.new_user_id", lambda: name)
        with pytest.raises(VersionMismatch):
            client.new_user()
    assert bench.there() == before


def test_with_a_prefix_the_folder_lies_below_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, prefix="apps/notes/")
    with bench.client() as client:
        name = client.new_user()
    assert list(bench.there()) == [f"apps/notes/{name}/.buckia-user"]


def test_people_are_told_how_to_use_it_and_scripts_get_the_name_alone(tmp_path: Path) -> None:
    with watched("local", tmp_path / "there") as bucket:
        run = shell(tmp_path / "here", bucket)
        assert is_user_id(run("users", "new", "-q").out.removesuffix("\n"))
        ran = run("users", "new", "--bucket", "shared")
        name, _, told = ran.out.partition("\n")
        assert is_user_id(name)
        snippet = yaml.safe_load(told[told.index("shared:\n") :])
        assert snippet == {
            "shared": {"provider": "local", "bucket_name": "bucket", "folders": [name]}
        }
        assert run("users", "new", "--bucket", "other").code == 2
