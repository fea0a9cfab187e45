"""What the rules of a configuration give to the objects that they match, and to no other."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.errors import ConfigError
from buckia_s3.rules import Dressing, ObjectRule

PLAIN: dict[str, Any] = {"Metadata": {}}
keys = st.lists(st.text("abé*", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)


def matches(pattern: str, key: str) -> bool:
    found = Dressing([ObjectRule(match=pattern, storage_class="X")]).arguments(key)
    assert found in ({**PLAIN, "StorageClass": "X"}, PLAIN)
    return "StorageClass" in found


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("*.jpg", "a.jpg", True),
        ("*.jpg", "deep/down/a.jpg", True),
        ("*.jpg", "a.jpeg", False),
        ("*.jpg", "album.jpg/note.txt", True),
        ("/a.txt", "a.txt", True),
        ("/a.txt", "b/a.txt", False),
        ("b/a.txt", "b/a.txt", True),
        ("b/a.txt", "c/b/a.txt", False),
        ("photos/", "photos/a", True),
        ("photos/", "x/photos/y/a", True),
        ("photos/", "photos", False),
        ("photos", "photos", True),
        ("photos", "photos/a", True),
        ("photos", "photos2/a", False),
        ("**/x", "a/b/x", True),
        ("a/**", "a/b/c", True),
        ("a/**", "b/a/c", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/b/b/c", False),
        ("*", "anything/at/all", True),
        ("é.txt", "é.txt", True),
        ("??.txt", "é.txt", True),
        ("?.txt", "é.txt", False),
        ("*.JPG", "a.jpg", False),
        ("\\!a", "!a", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("[ab].txt", "b.txt", True),
    ],
)
def test_patterns_match_whole_keys_as_in_a_gitignore_file(
    pattern: str, key: str, expected: bool
) -> None:
    assert matches(pattern, key) is expected


@given(keys)
def test_a_rule_for_everything_matches_everything_and_an_anchored_key_itself(key: str) -> None:
    assert matches("*", key)
    assert matches("/" + key.replace("*", "\\*"), key)
    assert not matches("/" + key.replace("*", "\\*") + "c", key)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"storage_class": "GLACIER"}, {"StorageClass": "GLACIER"}),
        ({"sse": "AES256"}, {"ServerSideEncryption": "AES256"}),
        (
            {"sse": "aws:kms", "kms_key": "k-1"},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k-1"},
        ),
        ({"cache_control": "max-age=5"}, {"CacheControl": "max-age=5"}),
        ({"content_disposition": "inline"}, {"ContentDisposition": "inline"}),
        ({"tags": {"a": "b"}}, {"Tagging": "a=b"}),
        ({"metadata": {"a": "b"}}, {"Metadata": {"a": "b"}}),
        ({}, {}),
    ],
)
def test_each_field_becomes_an_argument_of_the_request(
    rule: dict[str, Any], expected: dict[str, Any]
) -> None:
    dressing = Dressing([ObjectRule(match="*.x", **rule)])
    assert dressing.arguments("a.x") == {**PLAIN, **expected}
    assert dressing.arguments("a.y") == PLAIN


def test_no_rules_say_nothing() -> None:
    assert Dressing([]).arguments("a") == PLAIN


def test_a_later_rule_overrules_only_what_it_says() -> None:
    dressing = Dressing(
        [
            ObjectRule(match="*", storage_class="A", cache_control="c", tags={"t": "1", "u": "1"}),
            ObjectRule(match="*.x", storage_class="B", tags={"t": "2"}, metadata={"m": "1"}),
            ObjectRule(match="b.x", metadata={"m": "2", "n": "3"}),
        ]
    )
    assert dressing.arguments("a") == {
        "StorageClass": "A",
        "CacheControl": "c",
        "Tagging": "t=1&u=1",
        "Metadata": {},
    }
    assert dressing.arguments("b.x") == {
        "StorageClass": "B",
        "CacheControl": "c",
        "Tagging": "t=2&u=1",
        "Metadata": {"m": "2", "n": "3"},
    }


letters = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(letters.filter(bool), letters, min_size=1))
def test_tags_of_any_letters_arrive_as_they_are(tags: dict[str, str]) -> None:
    found = Dressing([ObjectRule(match="*", tags=tags)]).arguments("a")["Tagging"]
    assert found.isascii()
    assert dict(parse_qsl(found, keep_blank_values=True, strict_parsing=True)) == tags


def test_what_one_request_does_with_its_arguments_changes_no_other() -> None:
    rule = ObjectRule(match="*", metadata={"a": "b"})
    dressing = Dressing([rule])
    dressing.arguments("a")["Metadata"]["mtime"] = "1"
    assert dressing.arguments("a") == {"Metadata": {"a": "b"}}
    assert rule.metadata == {"a": "b"}


@pytest.mark.parametrize("pattern", ["", "a//b", "../a", "a/./b", "a\x00", "[", "#\x00"])
def test_a_pattern_that_can_never_match_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="objects"):
        Dressing([ObjectRule(match="*.x"), ObjectRule(match=pattern)])


@pytest.mark.parametrize("before", [[], ["*"]], ids=["the first one", "a later one"])
def test_a_pattern_that_takes_back_is_refused_as_each_rule_stands_alone(before: list[str]) -> None:
    with pytest.raises(ConfigError, match="objects"):
        Dressing([ObjectRule(match=one) for one in (*before, "!*.jpg")])


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"match": "*", "storageclass": "A"},
        {"match": "*", "sse": "aes"},
        {"match": 5},
        {"match": "*", "tags": {"a": 1}},
        {"match": "*", "tags": ["a"]},
    ],
)
def test_a_rule_with_anything_else_in_it_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, ObjectRule)


@pytest.mark.parametrize("name", ["mtime", "buckia-digest", "buckia-etag", "Mtime"])
def test_a_rule_cannot_set_what_proves_the_bytes(name: str) -> None:
    with pytest.raises(ConfigError, match="objects"):
        Dressing([ObjectRule(match="*", metadata={name: "x"})])


@pytest.mark.parametrize(
    "metadata",
    [{"a": "é"}, {"é": "a"}, {"a": "b\nc"}, {"a b": "c"}],
    ids=["value not ASCII", "name not ASCII", "line end", "blank in a name"],
)
def test_a_rule_whose_metadata_no_header_can_hold_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="objects"):
        Dressing([ObjectRule(match="*", metadata=metadata)])


@pytest.mark.parametrize(
    "field", ["cache_control", "content_disposition", "storage_class", "kms_key"]
)
@pytest.mark.parametrize("value", ["a\nb", "a\x00"], ids=["line end", "NUL"])
def test_a_rule_whose_words_no_header_can_hold_is_refused(field: str, value: str) -> None:
    with pytest.raises(ConfigError, match="objects"):
        Dressing([msgspec.convert({"match": "*", field: value}, ObjectRule)])
