from __future__ import annotations

import pytest

from buckia.errors import ConfigError
from buckia.merging.rules import RowRules, Rule, parse_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("local", Rule("local")),
        ("remote", Rule("remote")),
        ("ask", Rule("ask")),
        ("newest by updated_at", Rule("newest", "updated_at")),
        ("newest by when it was", Rule("newest", "when it was")),
    ],
)
def test_a_rule_is_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("", "ask"),
        ("Local", "local"),
        ("loca", "local"),
        ("romote", "remote"),
        (" ask", "ask"),
        ("newest", "newest by COLUMN"),
        ("newest by", "newest by COLUMN"),
        ("newest by ", "newest by COLUMN"),
        ("newest by  at", "newest by at"),
        ("newest updated_at", "newest by updated_at"),
        ("Newest by Changed", "newest by Changed"),
    ],
)
def test_any_other_text_is_refused_with_the_nearest_rule(text: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rule(text)
    assert repr(text) in caught.value.message
    assert f"Write {nearest!r};" in caught.value.hint


def test_a_table_without_a_rule_has_the_default() -> None:
    rules = RowRules(default=Rule("ask"), tables={"Notes": Rule("local")})
    assert (rules.of("nOTES"), rules.of("other")) == (Rule("local"), Rule("ask"))
