"""Files over HTTP: storing, reading, describing, deleting."""

from __future__ import annotations

import hashlib
import socket
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from buckia_bunny.testing import FakeBunny
from tests.bunny.fake.asking import Asking

DIGEST = hashlib.sha256(b"new").hexdigest()


def test_what_was_stored_is_read_again(fake: FakeBunny, ask: Asking) -> None:
    assert ask("PUT", "a/b/c.txt", b"body").told == (201, "File uploaded.")
    assert ask("GET", "a/b/c.txt").body == b"body"
    assert fake.tree.files() == {"a/b/c.txt": b"body"}
    assert fake.tree.folders() == ["a", "a/b"]


def test_a_download_tells_length_date_and_etag(fake: FakeBunny, ask: Asking) -> None:
    entry = fake.tree.put("a.txt", b"body")
    answer = ask("GET", "a.txt")
    assert answer.headers["Content-Length"] == "4"
    moment = parsedate_to_datetime(answer.headers["Last-Modified"])
    assert moment == entry.changed.replace(microsecond=0)
    fake.tree.put("a.txt", b"body")
    assert ask("GET", "a.txt").headers["ETag"] != answer.headers["ETag"]


def test_the_type_is_the_one_that_overrides(ask: Asking) -> None:
    sent = {"Content-Type": "text/plain", "Override-Content-Type": "image/png"}
    ask("PUT", "a", b"", sent)
    ask("PUT", "b", b"", {"Content-Type": "text/plain"})
    assert ask("GET", "a").headers["Content-Type"] == "image/png"
    assert ask("GET", "b").headers["Content-Type"] == "application/octet-stream"


def test_a_body_may_come_in_chunks(fake: FakeBunny, ask: Asking) -> None:
    headers = {"AccessKey": fake.password, "Transfer-Encoding": "chunked"}
    pieces = iter([b"one", b"two" * 1000])
    ask.connection.request("PUT", "/zone/a", pieces, headers, encode_chunked=True)
    assert ask.connection.getresponse().read()
    assert fake.tree.files() == {"a": b"one" + b"two" * 1000}
    assert ask("GET", "a").status == 200


@pytest.mark.parametrize("digest", [DIGEST.upper(), DIGEST.lower()])
def test_a_right_checksum_may_be_in_either_case(fake: FakeBunny, ask: Asking, digest: str) -> None:
    assert ask("PUT", "a", b"new", {"Checksum": digest}).status == 201
    assert fake.tree.files() == {"a": b"new"}


@pytest.mark.parametrize("digest", ["0" * 64, "12", "", DIGEST[:-1]])
def test_a_wrong_checksum_stores_nothing(fake: FakeBunny, ask: Asking, digest: str) -> None:
    before = fake.tree.put("old", b"old")
    for key in ("old", "below/fresh"):
        told = ask("PUT", key, b"new", {"Checksum": digest}).told
        assert told == (400, "Unable to upload file.")
    assert fake.tree.entry("old") is before
    assert fake.tree.files() == {"old": b"old"}
    assert fake.tree.folders() == []


@pytest.mark.parametrize("key", ["folder", "file/below", "file/below/further"])
def test_no_name_is_a_file_and_a_folder(fake: FakeBunny, ask: Asking, key: str) -> None:
    fake.tree.put("file", b"file")
    fake.tree.put("folder/in", b"in")
    before = fake.tree.files(), fake.tree.folders()
    assert ask("PUT", key, b"new").told == (400, "Unable to upload file.")
    assert (fake.tree.files(), fake.tree.folders()) == before


@pytest.mark.parametrize("key", [" a", "a ", "a /b", "x/ a/b", "a//b", "", "../a", "a/./b"])
def test_names_that_cannot_be_are_refused(fake: FakeBunny, ask: Asking, key: str) -> None:
    assert ask("PUT", key, b"new").status == 400
    assert not fake.tree.files()


def test_a_path_has_six_thousand_characters_at_most(fake: FakeBunny, ask: Asking) -> None:
    room = 6000 - len("/zone/")
    assert ask("PUT", "x" * room, b"").status == 201
    assert ask("PUT", "x" * (room + 1), b"").status == 400
    assert ask("PUT", "x" * room + "/", b"").status == 400


@pytest.mark.parametrize("key", ["ä/ö ü.txt", "a?b#c&d=e", "100%", "a+b", "日本/語"])
def test_names_are_decoded_as_utf_8(fake: FakeBunny, ask: Asking, key: str) -> None:
    assert ask("PUT", key, b"body").status == 201
    assert fake.tree.files() == {key: b"body"}
    assert ask("DESCRIBE", key).document["ObjectName"] == key.rpartition("/")[2]
    assert ask("GET", key).body == b"body"


def test_a_path_that_is_not_utf_8_is_refused(fake: FakeBunny, ask: Asking) -> None:
    assert ask.at("PUT", "/zone/%ff", b"body").status == 400
    assert not fake.tree.files()


@pytest.mark.parametrize(
    ("wanted", "body", "told"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
    ],
)
def test_a_part_is_read(fake: FakeBunny, ask: Asking, wanted: str, body: bytes, told: str) -> None:
    fake.tree.put("a", b"0123456789")
    answer = ask("GET", "a", headers={"Range": wanted})
    assert (answer.status, answer.body) == (206, body)
    assert answer.headers["Content-Range"] == told


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(fake: FakeBunny, ask: Asking, wanted: str) -> None:
    fake.tree.put("a", b"0123456789")
    answer = ask("GET", "a", headers={"Range": wanted})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=-", "lines=1-2", "bytes=5-2"])
def test_ranges_that_are_not_one_part_bring_all(fake: FakeBunny, ask: Asking, wanted: str) -> None:
    fake.tree.put("a", b"0123456789")
    answer = ask("GET", "a", headers={"Range": wanted})
    assert (answer.status, answer.body) == (200, b"0123456789")


@pytest.mark.parametrize("method", ["GET", "DESCRIBE", "DELETE"])
@pytest.mark.parametrize("key", ["missing", "folder", "file/below", "folder//in"])
def test_what_is_no_file_is_not_found(fake: FakeBunny, ask: Asking, method: str, key: str) -> None:
    fake.tree.put("folder/in", b"in")
    fake.tree.put("file", b"file")
    assert ask(method, key).told == (404, "Object Not Found")
    assert fake.tree.files() == {"file": b"file", "folder/in": b"in"}


def test_describe_knows_files_only(fake: FakeBunny, ask: Asking) -> None:
    entry = fake.tree.put("folder/in", b"new")
    described = ask("DESCRIBE", "folder/in").document
    assert described["Path"] == "/zone/folder/"
    assert described["Checksum"] == entry.sha256 == DIGEST.upper()
    assert described["Length"] == 3
    assert ask("DESCRIBE", "folder/").status == 404
    assert ask("DESCRIBE", "").status == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(fake: FakeBunny, ask: Asking, method: str) -> None:
    fake.tree.put("a", b"body")
    assert ask(method, "a").status == 405
    assert ask("GET", "a").body == b"body"


def test_a_deleted_file_leaves_its_folder(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a/b/c", b"body")
    assert ask("DELETE", "a/b/c").told == (200, "File deleted successfuly.")
    assert fake.tree.files() == {}
    assert ask.names("a/") == ["b"]


def test_a_slash_at_the_end_deletes_all_below(fake: FakeBunny, ask: Asking) -> None:
    for key in ("a/b/c", "a/d", "ab", "file"):
        fake.tree.put(key, b"body")
    assert ask("DELETE", "a/").told == (200, "Directory deleted successfuly.")
    assert (list(fake.tree.files()), fake.tree.folders()) == (["ab", "file"], [])
    assert ask("DELETE", "file/").status == 200
    assert list(fake.tree.files()) == ["ab"]
    assert ask("DELETE", "missing/").told == (404, "Object Not Found")


@pytest.mark.parametrize("target", ["/zone/", "/zone", "/zone//"])
def test_the_root_is_deleted_on_special_request_only(
    fake: FakeBunny, ask: Asking, target: str
) -> None:
    fake.tree.put("a/b", b"body")
    assert ask.at("DELETE", target).status == 400
    assert ask.at("DELETE", f"{target}?allowRootDelete=false").status == 400
    assert list(fake.tree.files()) == ["a/b"]
    assert ask.at("DELETE", f"{target}?allowRootDelete=true").status == 200
    assert (fake.tree.files(), fake.tree.folders()) == ({}, [])
    fake.tree.put("a", b"body")
    assert ask.at("DELETE", target, headers={"allowRootDelete": "true"}).status == 200
    assert fake.tree.files() == {}


def test_folders_can_be_made(fake: FakeBunny, ask: Asking) -> None:
    assert ask("PUT", "a/b/").told == (201, "Directory created.")
    assert fake.tree.folders() == ["a", "a/b"]
    fake.tree.put("file", b"file")
    for key in ("a/b/", "a/", "file/", "file/below/", "/"):
        assert ask("PUT", key).status == 400
    assert ask("PUT", "c/", b"the bytes of a file").status == 400
    assert fake.tree.folders() == ["a", "a/b"]


def raw(fake: FakeBunny, text: bytes) -> bytes:
    """What comes back for these bytes, when nothing more is sent."""
    place = urlsplit(fake.endpoint)
    with socket.create_connection((place.hostname, place.port), timeout=20) as one:
        one.sendall(text)
        one.shutdown(socket.SHUT_WR)
        with one.makefile("rb") as stream:
            return stream.read()


def test_a_path_may_come_without_its_escapes(fake: FakeBunny) -> None:
    fake.tree.put("ä", b"body")
    answer = raw(fake, "GET /zone/ä HTTP/1.1\r\nAccessKey: secret\r\n\r\n".encode())
    assert answer.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    "rest", [b"Content-Length: 10\r\n\r\nshort", b"Transfer-Encoding: chunked\r\n\r\nA\r\nshort"]
)
def test_an_upload_that_breaks_off_stores_nothing(fake: FakeBunny, rest: bytes) -> None:
    assert raw(fake, b"PUT /zone/a HTTP/1.1\r\nAccessKey: secret\r\n" + rest) == b""
    assert fake.tree.files() == {}
    assert [seen.status for seen in fake.requests] == [None]


@pytest.mark.parametrize(
    "rest", [b"Content-Length: ten\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nX\r\n"]
)
def test_an_upload_of_unclear_length_is_refused(fake: FakeBunny, rest: bytes) -> None:
    answer = raw(fake, b"PUT /zone/a HTTP/1.1\r\nAccessKey: secret\r\n" + rest)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert fake.tree.files() == {}
    assert [seen.status for seen in fake.requests] == [400]
