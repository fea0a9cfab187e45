"""The provider `local`: a folder that is looked at like any other bucket."""

from importlib.metadata import entry_points
from pathlib import Path

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.errors import ConfigError, NotFound
from buckia.protocols import (
    ABSENT,
    CopiesConditionally,
    CopiesInside,
    DeletesConditionally,
    Digests,
    Identifies,
    MovesInside,
    Retires,
    Stages,
    Storage,
    Surveys,
    Sweeps,
    WritesConditionally,
    ability,
)
from buckia.provider import Context, Provider
from buckia.stores.local import plugin


def opened(base: Path, name: str = "assets", **options: str) -> Storage:
    provider = plugin.buckia_provider()
    context = Context(bucket_name=name, base=base, tag="me")
    return provider.open(msgspec.convert(options, provider.options), context)


def test_the_entry_point_leads_here() -> None:
    (found,) = entry_points(group="buckia", name="local")
    assert found.value == plugin.__name__
    provider = plugin.buckia_provider()
    assert isinstance(provider, Provider)
    assert provider.name == "local"


def test_the_bucket_is_a_folder_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "nas/assets").mkdir(parents=True)
    store = opened(tmp_path, root="nas")
    store.write("a/b", BytesBody(data=b"1"))
    assert (tmp_path / "nas/assets/a/b").read_bytes() == b"1"
    (tmp_path / "assets").mkdir()
    assert list(opened(tmp_path).scan()) == []
    assert list(opened(Path("/"), root=str(tmp_path)).scan()) == []


def test_a_bucket_offers_what_buckets_offer(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    store = opened(tmp_path)
    for kind in (
        WritesConditionally,
        DeletesConditionally,
        CopiesInside,
        CopiesConditionally,
        MovesInside,
        Digests,
        Sweeps,
        Identifies,
    ):
        assert ability(store, kind) is not None
    for folders_own in (Surveys, Stages, Retires):
        assert ability(store, folders_own) is None


def test_a_missing_bucket_is_never_made_nor_taken_for_an_empty_one(tmp_path: Path) -> None:
    store = opened(tmp_path, root="usb")
    writing = ability(store, WritesConditionally)
    assert writing is not None
    for attempt in (
        lambda: list(store.scan()),
        lambda: store.stat("a"),
        lambda: store.delete("a"),
        lambda: writing.write_if("a", BytesBody(data=b"x"), expect=ABSENT),
    ):
        with pytest.raises(NotFound) as caught:
            attempt()
        folder = tmp_path / "usb/assets"
        assert caught.value.key == ""
        assert str(folder) in caught.value.message
        assert caught.value.hint == f"mkdir {folder}, or check `root` and `bucket_name`"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/a", "a\\b", "../a", "C:", "a\0", ".buckia.state", "a/"]
)
def test_a_bucket_name_is_the_name_of_one_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="bucket_name"):
        opened(tmp_path, name=name)


def test_an_unknown_option_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="rot"):
        opened(tmp_path, rot="nas")


def test_opening_a_bucket_touches_nothing(tmp_path: Path) -> None:
    opened(tmp_path / "missing").close()
    assert list(tmp_path.iterdir()) == []


def test_the_state_folder_serves_as_the_probe_where_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    written = BytesBody(data=b"", mtime_ns=(tmp_path / "assets").stat().st_mtime_ns - 10**9)
    assert "~" in opened(tmp_path).write("a", written).version
    (tmp_path / ".buckia.state").mkdir()
    assert "~" not in opened(tmp_path).write("a", written).version
    assert list((tmp_path / ".buckia.state").iterdir()) == []
