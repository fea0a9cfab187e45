"""Where the API says that a bucket is: asked when it is needed, and remembered for a week."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from buckia.errors import ConfigError, NotFound, Unavailable
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_linode import finding
from buckia_linode.api.client import LinodeApi
from buckia_linode.finding import Found, Remembered, asked, kind_at, patiently
from buckia_linode.opening import opened, place
from buckia_linode.options import Options
from buckia_linode.testing import Fails, FakeLinode
from tests.linode.conftest import TOKEN, context


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_PAUSES", (0.0, 0.0))


def test_a_bucket_is_where_it_was_made(api: LinodeApi, tmp_path: Path) -> None:
    api.create_bucket("us-ord", "ann-notes", endpoint_type="E3")
    for region in (None, "us-ord"):
        found = asked(api, context(tmp_path, region=region))
        assert found.url == "https://us-ord-10.linodeobjects.com"
        assert (found.region, found.kind) == ("us-ord", "E3")


def test_of_several_buckets_of_a_name_the_region_chooses(api: LinodeApi, tmp_path: Path) -> None:
    api.create_bucket("us-east", "ann-notes")
    api.create_bucket("us-sea", "ann-notes")
    with pytest.raises(ConfigError) as caught:
        asked(api, context(tmp_path))
    assert "us-east, us-sea" in caught.value.hint
    assert asked(api, context(tmp_path, region="us-sea")).url.startswith("https://us-sea-9.")


def test_before_it_is_made_the_only_endpoint_of_a_region_is_where_it_will_be(
    api: LinodeApi, tmp_path: Path
) -> None:
    assert asked(api, context(tmp_path, region="us-east")).url.startswith("https://us-east-1.")
    with pytest.raises(ConfigError) as caught:
        asked(api, context(tmp_path, region="us-ord"))
    assert "us-ord-1.linodeobjects.com (E1), us-ord-10.linodeobjects.com (E3)" in caught.value.hint
    for region in ("de-fra", "mars"):
        with pytest.raises(ConfigError, match="no endpoint"):
            asked(api, context(tmp_path, region=region))
    with pytest.raises(NotFound, match="no bucket ann-notes"):
        asked(api, context(tmp_path))


def test_it_is_asked_once_a_week(fake: FakeLinode, api: LinodeApi, tmp_path: Path) -> None:
    api.create_bucket("us-east", "ann-notes")
    where = context(tmp_path, region="us-east")
    first = place(where, api)
    fake.forget()
    assert place(where, api) == first
    assert place(where, None) == first, "by then nobody needs a token for it"
    assert fake.requests == []
    [file] = (tmp_path / "n").iterdir()
    old = msgspec.structs.replace(first, at=time.time() - 8 * 24 * 3600)
    file.write_bytes(msgspec.json.encode(old))
    assert place(where, api).url == first.url
    assert len(fake.requests) == 1
    file.write_bytes(b"{")
    assert place(where, api).url == first.url
    assert len(fake.requests) == 2


def test_opening_asks_nobody_and_needing_the_bucket_does(
    fake: FakeLinode, api: LinodeApi, tmp_path: Path
) -> None:
    api.create_bucket("us-east", "ann-notes")
    fake.forget()
    options = Options(
        token=Secret(TOKEN), api_url=fake.api, access_key=Secret("a"), secret_key=Secret("b")
    )
    store = opened(options, context(tmp_path, region="us-east"))
    assert fake.requests == []
    assert store.traits.concurrency == 64
    assert store.url("a") == "https://us-east-1.linodeobjects.com/ann-notes/a"
    assert len(fake.requests) == 1
    store.close()
    store.close()
    opened(options, context(tmp_path, region="us-east")).close()


def test_the_type_of_a_configured_endpoint_can_be_asked_for(api: LinodeApi) -> None:
    assert kind_at(api, "https://us-ord-10.linodeobjects.com") == "E3"
    assert kind_at(api, "http://127.0.0.1:1") is None


def test_an_api_that_does_not_answer_at_once_is_asked_again(
    fake: FakeLinode, api: LinodeApi
) -> None:
    fake.faults = (Fails(status=503, nth=range(1, 3)),)
    assert patiently(api.endpoints)
    fake.faults = (Fails(status=503),)
    with pytest.raises(Unavailable):
        patiently(api.endpoints)


def test_nobody_sits_through_a_long_wait(fake: FakeLinode, api: LinodeApi) -> None:
    fake.faults = (Fails(status=429, headers=(("Retry-After", "60"),)),)
    fake.forget()
    with pytest.raises(Unavailable):
        patiently(api.endpoints)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"url": 5}', b"\xff", b'{"x": ' + b"[" * 100_000]
)
def test_a_place_that_was_remembered_and_damaged_is_as_if_it_had_never_been(
    tmp_path: Path, content: bytes
) -> None:
    context = Context(bucket_name="notes", base=tmp_path, notes=tmp_path)
    remembered = Remembered(context)
    remembered.keep(Found(url="https://x", at=time.time()))
    assert remembered.recall() is not None
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    assert remembered.recall() is None
