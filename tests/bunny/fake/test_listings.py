"""Listings over HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from buckia_bunny.testing import FakeBunny, OddDates
from tests.bunny.fake.asking import Asking

FIELDS = {
    "Guid": str,
    "StorageZoneName": str,
    "Path": str,
    "ObjectName": str,
    "Length": int,
    "LastChanged": str,
    "DateCreated": str,
    "IsDirectory": bool,
    "ServerId": int,
    "ArrayNumber": int,
    "StorageZoneId": int,
    "UserId": str,
    "ContentType": str,
    "Checksum": str,
    "ReplicatedZones": str,
}
NULLABLE = {"Checksum", "ReplicatedZones"}
MOMENT = datetime(2026, 3, 4, 5, 6, 7, 120_000, tzinfo=UTC)


def test_a_listing_shows_children_only(fake: FakeBunny, ask: Asking) -> None:
    for key in ("a", "f/b", "f/g/c", "fg"):
        fake.tree.put(key, b"body")
    assert ask.names() == ["a", "f", "fg"]
    assert ask.names("f/") == ["b", "g"]


@pytest.mark.parametrize("folder", ["missing/", "missing/below/", "a/"])
def test_a_folder_that_is_not_there_is_an_empty_one(
    fake: FakeBunny, ask: Asking, folder: str
) -> None:
    fake.tree.put("a", b"body")
    answer = ask("GET", folder)
    assert (answer.status, answer.document) == (200, [])


def test_doubled_slashes_do_not_matter(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a/b/c", b"body")
    assert ask.names("a//b//") == ask.names("/a/b/") == ["c"]
    assert ask.names("/") == ["a"]


def test_an_item_has_all_fields(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a/b", b"body")
    for item in (ask.item("a"), ask.item("a/b"), ask("DESCRIBE", "a/b").document):
        assert set(item) == set(FIELDS)
        for name, kind in FIELDS.items():
            assert type(item[name]) is kind or (name in NULLABLE and item[name] is None), name


def test_a_folder_is_told_from_a_file(fake: FakeBunny, ask: Asking) -> None:
    entry = fake.tree.put("ä/b", b"body")
    folder, file = ask.item("ä"), ask.item("ä/b")
    assert (folder["IsDirectory"], folder["Length"], folder["Checksum"]) == (True, 0, None)
    assert (folder["Path"], folder["ObjectName"]) == ("/zone/", "ä")
    assert (file["IsDirectory"], file["Length"], file["Checksum"]) == (False, 4, entry.sha256)
    assert (file["Path"], file["ContentType"]) == ("/zone/ä/", "")
    assert re.fullmatch(r"[0-9A-F]{64}", file["Checksum"])


def test_listings_have_no_order(fake: FakeBunny, ask: Asking) -> None:
    for number in range(20):
        fake.tree.put(f"{number}", b"")
    orders = {tuple(one["ObjectName"] for one in ask("GET").document) for _ in range(3)}
    assert len(orders) == 3
    assert len({frozenset(one) for one in orders}) == 1


def test_the_same_seed_makes_the_same_listing() -> None:
    def listing(seed: int) -> object:
        with FakeBunny(seed=seed) as fake:
            asking = Asking(fake)
            for number in range(20):
                fake.tree.put(f"{number}", b"", changed=MOMENT, created=MOMENT)
            document = asking("GET").document
            asking.connection.close()
            return document

    assert listing(1) == listing(1)
    assert listing(1) != listing(2)


def test_dates_have_several_lengths_and_are_always_the_same_moment(
    fake: FakeBunny, ask: Asking
) -> None:
    entries = [fake.tree.put(f"{number}", b"") for number in range(60)]
    lengths = set()
    for _ in range(2):
        listed = {item["ObjectName"]: item for item in ask("GET").document}
        for entry in entries:
            text = listed[entry.name]["LastChanged"]
            match = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?", text)
            assert match
            lengths.add(len(match[1] or ""))
            assert datetime.fromisoformat(text).replace(tzinfo=UTC) == entry.changed
    assert lengths == {0, 2, 3}


def test_dates_may_be_odd(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"", changed=MOMENT)
    forms = {
        "zulu": "2026-03-04T05:06:07.120Z",
        "offset": "2026-03-04T05:06:07.120+00:00",
        "seven": "2026-03-04T05:06:07.1200000",
        "empty": "",
        "null": None,
    }
    for form, text in forms.items():
        fake.faults = (OddDates(forms=(form,)),)
        assert ask.item("a")["LastChanged"] == text
        assert ask("DESCRIBE", "a").document["LastChanged"] == text
    fake.faults = (OddDates(),)
    assert {ask.item("a")["LastChanged"] for _ in range(60)} == set(forms.values())
    fake.faults = ()
    assert ask.item("a")["LastChanged"] in ("2026-03-04T05:06:07.12", "2026-03-04T05:06:07.120")


def test_replacing_a_file_keeps_the_date_of_its_first_upload(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", b"old", created=MOMENT, changed=MOMENT)
    before = ask.item("a")
    ask("PUT", "a", b"new")
    after = ask.item("a")
    created = datetime.fromisoformat(after["DateCreated"]).replace(tzinfo=UTC)
    changed = datetime.fromisoformat(after["LastChanged"]).replace(tzinfo=UTC)
    assert created == MOMENT
    assert abs(changed - datetime.now(UTC)) < timedelta(minutes=5)
    assert after["Guid"] == before["Guid"]
    assert after["Checksum"] != before["Checksum"]
