"""Listings: complete and in order, or an error; whatever stands in the keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable
from buckia_s3 import listing
from buckia_s3.store import S3Store
from tests.s3.acting import Acts, Stage, failure, names, on_stage
from tests.s3.servers.answering import Answers, CutsConnection
from tests.s3.servers.documents import children, edited, put_text, read
from tests.s3.servers.listings import RepeatsPage, UnorderedPages
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request

ODD = (
    *("a+b", "a b", "a%20b", "a%2Bb", "a&b", "a<b>", "a'b", 'a"b', "a?b=c", "a#b", "a;b"),
    *("a\tb", "a\nb", "a\rb", "a\x01b", "a\x1fb", "a\x7fb", "\x85", "a\u2028b"),
    *(
        "ä",
        "a\u0308",
        "\U0001f600",
        "\ue000",
        "\uffff",
        "\ufffd",
        " a",
        "a ",
        "~",
        "a/b",
        "a/",
        "a",
    ),
)
"""Also such as XML has no words for."""


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def changing(change: Callable[[ET.Element], object]) -> Acts:
    """Each page as the test wants it."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        change(root)
        return edited(answer, root)

    return Acts(act)


def without(root: ET.Element, name: str) -> None:
    for child in children(root, name):
        root.remove(child)


def pages_of(size: int) -> Acts:
    """Pages of this size, so that few keys make many."""
    return Acts(
        lambda request, forward: forward(request.asking({**request.query, "max-keys": str(size)}))
    )


def by_twos(stage: Stage, *moods: Mood) -> S3Store:
    """A store that sees seven keys in four pages."""
    for key in "abcdefg":
        stage.put(key)
    stage.act(*moods, Mood(pages_of(2), on="ListObjectsV2"))
    return stage.opened()


def test_many_keys_come_complete_and_in_order(stage: Stage) -> None:
    keys = [f"{number:04}" for number in range(2500)]
    shuffled = random.Random(1).sample(keys, len(keys))
    stage.fill(shuffled)
    found = list(stage.opened().scan())
    assert names(found) == keys
    assert [len(page) for page in found] == [1000, 1000, 500]
    assert stage.operations() == ["ListObjectsV2"] * 3


def test_an_entry_tells_what_a_listing_knows(stage: Stage) -> None:
    etag = stage.put("a", b"12345")
    [[entry]] = stage.opened().scan()
    assert (entry.key, entry.size, entry.version) == ("a", 5, etag)
    assert (entry.mtime_ns, entry.digests, entry.hints) == (None, {}, {"md5": etag})
    assert entry.changed is not None
    assert entry.changed.utcoffset() is not None


def test_an_empty_bucket_is_an_empty_listing(stage: Stage) -> None:
    assert list(stage.opened().scan()) == []


def test_a_prefix_is_the_beginning_of_a_key_and_no_folder(stage: Stage) -> None:
    for key in ("a", "a/b", "a/c/d", "ab", "b/a", "a+", "a +b"):
        stage.put(key)
    store = stage.opened()
    assert names(store.scan("a/")) == ["a/b", "a/c/d"]
    assert names(store.scan("a")) == ["a", "a +b", "a+", "a/b", "a/c/d", "ab"]
    assert names(store.scan("a +")) == ["a +b"]
    assert names(store.scan("a+")) == ["a+"]
    assert list(store.scan("none")) == []


@pytest.mark.parametrize("prefix", ["a+", "percent%20code%2F", "a b"])
def test_a_prefix_that_a_service_repeats_as_it_is_though_it_was_to_be_written_for_addresses(
    stage: Stage, prefix: str
) -> None:
    """As Ceph does: the SDK then reads a plus sign as a blank."""

    def plainly(root: ET.Element) -> None:
        [told] = children(root, "Prefix")
        told.text = prefix

    stage.put(f"{prefix}c")
    stage.act(Mood(changing(plainly), on="ListObjectsV2"))
    assert names(stage.opened().scan(prefix)) == [f"{prefix}c"]


def test_odd_keys_come_as_they_are_and_in_order(stage: Stage) -> None:
    store = stage.opened()
    stage.fill(ODD)
    assert names(store.scan()) == sorted(ODD)
    for key in ODD:
        assert key in names(store.scan(key))


def test_odd_keys_are_reached_one_by_one(stage: Stage) -> None:
    store = stage.opened()
    # moto finds no key with a line feed, and nobody acts upon a marker.
    for key in set(ODD) - {"a\nb", "a/"}:
        etag = stage.put(key, key.encode())
        assert store.stat(key).version == etag
        with store.read(key) as reading:
            assert reading.read() == key.encode()
        store.delete(key)
    assert stage.all_keys() == []


def test_between_two_keys_only_these_come(stage: Stage) -> None:
    store = by_twos(stage)
    assert names(store.scan_between("", "", "")) == list("abcdefg")
    assert names(store.scan_between("", "b", "")) == list("cdefg")
    assert names(store.scan_between("", "b", "e")) == list("cde")
    assert names(store.scan_between("", "", "aa")) == ["a"]
    assert names(store.scan_between("", "bb", "d")) == list("cd")
    assert names(store.scan_between("d", "a", "e")) == ["d"]
    assert list(store.scan_between("", "g", "")) == []


def test_behind_the_last_wanted_key_nothing_is_asked(stage: Stage) -> None:
    store = by_twos(stage)
    assert names(store.scan_between("", "", "b")) == ["a", "b"]
    assert stage.operations() == ["ListObjectsV2"]


def test_listing_goes_on_behind_odd_keys(stage: Stage) -> None:
    # moto repeats the key in its answer, and XML has no words for some.
    order = sorted(key for key in ODD if key.isprintable())
    stage.fill(order)
    store = stage.opened()
    for at, key in enumerate(order):
        assert names(store.scan_between("", key, "")) == order[at + 1 :]


# Listings that are not sound


def test_keys_in_another_order_are_an_error(stage: Stage) -> None:
    store = by_twos(stage, Mood(UnorderedPages()))
    error = failure(names, store.scan())
    assert isinstance(error, Unavailable)
    assert "'a' comes after 'b'" in error.message


@pytest.mark.parametrize("forever", [True, False])
def test_a_page_that_comes_again_is_an_error(stage: Stage, forever: bool) -> None:
    store = by_twos(stage, Mood(RepeatsPage(forever=forever)))
    error = failure(names, store.scan())
    assert isinstance(error, Unavailable)
    assert "comes after" in error.message


@pytest.mark.parametrize("token", ["", None])
def test_more_that_nobody_can_ask_for_is_an_error(stage: Stage, token: str | None) -> None:
    def change(root: ET.Element) -> None:
        without(root, "NextContinuationToken")
        if token is not None:
            put_text(root, "NextContinuationToken", token)

    store = by_twos(stage, Mood(changing(change), on="ListObjectsV2"))
    error = failure(names, store.scan())
    assert isinstance(error, Unavailable)
    assert "more follows" in error.message


def test_a_token_that_stays_the_same_is_an_error(stage: Stage) -> None:
    def stuck(root: ET.Element) -> None:
        put_text(root, "NextContinuationToken", "stuck")
        without(root, "Contents")

    def act(request: Request, forward: Forward) -> Answer:
        query = {k: v for k, v in request.query.items() if k != "continuation-token"}
        return changing(stuck)(request.asking(query), forward)

    store = by_twos(stage, Mood(Acts(act), on="ListObjectsV2"))
    assert isinstance(failure(names, store.scan()), Unavailable)
    assert len(stage.operations()) == 2


def from_the_start(request: Request) -> Request:
    """The same, for a server that does not know the tokens of the test."""
    query = {name: value for name, value in request.query.items() if name != "continuation-token"}
    return request.asking(query)


def test_a_token_that_comes_again_after_others_is_an_error(stage: Stage) -> None:
    def turns(request: Request, forward: Forward) -> Answer:
        before = request.query.get("continuation-token", "0")
        query = {
            name: request.query[name] for name in request.query.keys() - {"continuation-token"}
        }
        answer = forward(request.asking(query))
        root = read(answer)
        put_text(root, "IsTruncated", "true")
        put_text(root, "NextContinuationToken", "1" if before == "0" else "0")
        return edited(answer, root)

    stage.act(Mood(Acts(turns), on="ListObjectsV2"))
    assert type(failure(lambda: list(stage.opened().scan()))) is Unavailable
    assert len(stage.operations()) == 3


def test_empty_pages_without_end_are_an_error(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_MOST_EMPTY", 5)

    def more(request: Request, forward: Forward) -> Answer:
        at = int(request.query.get("continuation-token", "0"))
        query = {
            name: request.query[name] for name in request.query.keys() - {"continuation-token"}
        }
        answer = forward(request.asking(query))
        root = read(answer)
        put_text(root, "IsTruncated", "true")
        put_text(root, "NextContinuationToken", str(at + 1))
        return edited(answer, root)

    stage.act(Mood(Acts(more), on="ListObjectsV2"))
    assert type(failure(lambda: list(stage.opened().scan()))) is Unavailable
    assert len(stage.operations()) == 7


def test_an_empty_page_in_the_middle_is_no_end(stage: Stage) -> None:
    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if "continuation-token" in request.query:
            return answer
        # The keys come one page later, as where many deleted ones lie between.
        query = {**request.query, "max-keys": "1"}
        root = read(forward(request.asking({**query, "prefix": "none"})))
        put_text(root, "IsTruncated", "true")
        put_text(root, "NextContinuationToken", "later")
        put_text(root, "Prefix", "")
        return edited(answer, root)

    def later(request: Request, forward: Forward) -> Answer:
        query = request.query
        if query.get("continuation-token") == "later":
            del query["continuation-token"]
        return forward(request.asking(query))

    store = by_twos(
        stage, Mood(Acts(act), on="ListObjectsV2"), Mood(Acts(later), on="ListObjectsV2")
    )
    assert names(store.scan()) == list("abcdefg")


@pytest.mark.parametrize("name", ["ETag", "Size"])
def test_a_line_that_lacks_what_matters_is_an_error(stage: Stage, name: str) -> None:
    def change(root: ET.Element) -> None:
        for row in children(root, "Contents")[1:]:
            without(row, name)

    store = by_twos(stage, Mood(changing(change), on="ListObjectsV2"))
    assert isinstance(failure(names, store.scan()), StorageError)


def listed_with(stage: Stage, change: Callable[[ET.Element], object]) -> BaseException:
    """How the listing of one object fails whose line is changed so."""
    stage.put("a")
    stage.act(
        Mood(changing(lambda root: change(children(root, "Contents")[0])), on="ListObjectsV2")
    )
    return failure(names, stage.opened().scan())


@pytest.mark.parametrize("name", ["Key", "ETag", "Size", "LastModified"])
def test_a_line_that_says_something_twice_is_an_error(stage: Stage, name: str) -> None:
    def change(row: ET.Element) -> None:
        row.append(children(row, name)[0])

    assert type(listed_with(stage, change)) is Unavailable


@pytest.mark.parametrize("name", ["Prefix", "ContinuationToken", "NextContinuationToken"])
def test_a_page_that_says_something_twice_is_an_error(stage: Stage, name: str) -> None:
    def change(root: ET.Element) -> None:
        for _ in range(2):
            ET.SubElement(root, root.tag.replace("ListBucketResult", name)).text = "twice"

    store = by_twos(stage, Mood(changing(change), on="ListObjectsV2", nth=2))
    assert type(failure(names, store.scan())) is Unavailable


@pytest.mark.parametrize("size", ["-1", "9223372036854775808", "1e3"])
def test_a_size_that_no_object_can_have_is_an_error(stage: Stage, size: str) -> None:
    found = listed_with(stage, lambda row: put_text(row, "Size", size))
    assert type(found) is Unavailable


@pytest.mark.parametrize("time", ["1e20", "inf", "", "99999-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_an_error(stage: Stage, time: str) -> None:
    found = listed_with(stage, lambda row: put_text(row, "LastModified", time))
    assert type(found) is Unavailable


def test_a_time_before_the_calendar_begins_is_left_out(stage: Stage) -> None:
    stage.put("a")
    early = "0001-01-01T00:00:00+14:00"
    change = changing(lambda root: put_text(children(root, "Contents")[0], "LastModified", early))
    stage.act(Mood(change, on="ListObjectsV2"))
    [[entry]] = stage.opened().scan()
    assert entry.changed is None


@pytest.mark.parametrize("word", ["True", "1", "", None])
def test_more_follows_in_whatever_words_a_service_says_so(stage: Stage, word: str | None) -> None:
    """Taken for the end, it would make all other keys seem to be deleted."""

    def change(root: ET.Element) -> None:
        if not children(root, "NextContinuationToken"):
            return
        without(root, "IsTruncated")
        if word is not None:
            put_text(root, "IsTruncated", word)

    store = by_twos(stage, Mood(changing(change), on="ListObjectsV2"))
    assert names(store.scan()) == list("abcdefg")


@pytest.mark.parametrize("word", ["True", " true ", "1", "yes"])
def test_more_that_is_said_to_follow_in_any_word_is_asked_for(stage: Stage, word: str) -> None:
    """Also where it is not said how."""

    def change(root: ET.Element) -> None:
        put_text(root, "IsTruncated", word)
        without(root, "NextContinuationToken")

    store = by_twos(stage, Mood(changing(change), on="ListObjectsV2", nth=2))
    assert type(failure(names, store.scan())) is Unavailable


@pytest.mark.parametrize("word", ["False", "FALSE", "0", ""])
def test_no_is_a_no_in_any_word(stage: Stage, word: str) -> None:
    stage.put("a")
    stage.act(Mood(changing(lambda root: put_text(root, "IsTruncated", word)), on="ListObjectsV2"))
    assert names(stage.opened().scan()) == ["a"]


def test_whether_more_follows_can_be_said_once_only(stage: Stage) -> None:
    def change(root: ET.Element) -> None:
        ET.SubElement(root, "IsTruncated").text = "true"

    stage.put("a")
    stage.act(Mood(changing(change), on="ListObjectsV2"))
    assert type(failure(names, stage.opened().scan())) is Unavailable


def test_a_key_that_comes_twice_is_an_error(stage: Stage) -> None:
    def change(root: ET.Element) -> None:
        [row] = children(root, "Contents")
        root.append(row)

    stage.put("a")
    stage.act(Mood(changing(change), on="ListObjectsV2"))
    assert type(failure(names, stage.opened().scan())) is Unavailable


@pytest.mark.parametrize("etag", ["", '""'])
def test_an_etag_of_nothing_is_none(stage: Stage, etag: str) -> None:
    def change(root: ET.Element) -> None:
        put_text(children(root, "Contents")[0], "ETag", etag)

    stage.put("a")
    stage.act(Mood(changing(change), on="ListObjectsV2"))
    assert type(failure(names, stage.opened().scan())) is Unavailable


@pytest.mark.parametrize("page", [b"", b"<html><body>Welcome!</body></html>", b"{}", b"no XML <"])
def test_what_is_no_listing_is_no_empty_bucket(stage: Stage, page: bytes) -> None:
    def act(_request: Request, _forward: Forward) -> Answer:
        return Answer(status=200, headers=(("Content-Type", "text/html"),), body=page)

    store = by_twos(stage, Mood(Acts(act), on="ListObjectsV2"))
    assert isinstance(failure(names, store.scan()), Unavailable)


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (503, "SlowDown", Unavailable),
        (403, "AccessDenied", AccessDenied),
        (404, "NoSuchBucket", NotFound),
        (400, "InvalidArgument", StorageError),
    ],
)
def test_a_refusal_in_the_middle_ends_it_after_what_was_seen(
    stage: Stage, status: int, code: str, ends: type[StorageError]
) -> None:
    store = by_twos(stage, Mood(Answers(status, code), on="ListObjectsV2", nth=3))
    seen: list[str] = []

    def scan() -> None:
        for page in store.scan():
            seen.extend(entry.key for entry in page)

    assert type(failure(scan)) is ends
    assert seen == list("abcd")


@pytest.mark.parametrize("after", [0, 200])
def test_a_page_that_is_cut_is_an_error(stage: Stage, after: int) -> None:
    cut = CutsConnection(after=after, of="answer")
    store = by_twos(stage, Mood(cut, on="ListObjectsV2", nth=2))
    assert isinstance(failure(names, store.scan()), Unavailable)


def test_a_listing_that_is_left_early_asks_no_more(stage: Stage) -> None:
    store = by_twos(stage)
    pages = iter(store.scan())
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert stage.operations() == ["ListObjectsV2"]
