"""Names come back as they went, and no two become one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia_bunny import names

LIKES = "".join(names._PLAIN)
ANY = st.text(st.sampled_from(f'ab .~{names.MARK}{LIKES}"<>#%?\t\r\x7f') | st.characters())


@given(ANY)
def test_a_name_comes_back_as_it_was(name: str) -> None:
    assert names.read(names.written(name)) == name


@given(ANY, ANY)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert (names.written(one) == names.written(other)) == (one == other)


@given(ANY)
def test_what_is_written_holds_nothing_that_is_not_safe(name: str) -> None:
    written = names.written(name)
    assert not set(written) & set('"<>#%?\t\r\n\x7f')
    assert written.strip(" ") == written


@given(ANY)
def test_what_is_written_by_our_rules_is_written_so_again(name: str) -> None:
    written = names.written(name)
    assert names.written(names.read(written)) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("plain name.txt", "plain name.txt"),
        (".well-known", ".well-known"),
        ("50% #1?", "50\uff05 \uff031\uff1f"),
        (" both ", "\u2420both\u2420"),
        ("wide \uff03", "wide \u201b\uff03"),
        ("\u201b", "\u201b\u201b"),
        ("tab\there", "tab\u2409here"),
        ("ä\u0308", "ä\u0308"),
    ],
)
def test_each_kind_is_written_like_this(name: str, written: str) -> None:
    assert names.written(name) == written
