"""Where a zone is reached, from a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia_bunny.hosts import REGIONS, endpoint, host


def context(**more: Any) -> Context:
    return Context(bucket_name="zone", base=Path(), **more)


@pytest.mark.parametrize("code", REGIONS)
def test_each_region_has_a_host_by_its_code_and_by_its_words(code: str) -> None:
    expected = "storage.bunnycdn.com" if code == "de" else f"{code}.storage.bunnycdn.com"
    assert {host(word) for word in (code, code.upper(), *REGIONS[code])} == {expected}


def test_the_words_of_all_regions_differ() -> None:
    words = [word for code, known in REGIONS.items() for word in (code, *known)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "https://storage.bunnycdn.com"),
        ({"region": "NY"}, "https://ny.storage.bunnycdn.com"),
        ({"region": "eu-central"}, "https://storage.bunnycdn.com"),
        ({"region": "New York"}, "https://ny.storage.bunnycdn.com"),
        ({"domain": "la.storage.bunnycdn.com"}, "https://la.storage.bunnycdn.com"),
        ({"endpoint_url": "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"),
    ],
)
def test_a_configuration_says_where(more: dict[str, str], expected: str) -> None:
    assert endpoint(context(**more)) == expected


@pytest.mark.parametrize(
    "more",
    [
        {"region": "nowhere"},
        {"domain": "https://storage.bunnycdn.com"},
        {"domain": "a b"},
        {"endpoint_url": "storage.bunnycdn.com"},
        {"endpoint_url": "https://user:secret@host"},
        {"endpoint_url": "https://host/?a=b"},
        {"endpoint_url": "https://host:0"},
        {"endpoint_url": "https://host", "domain": "host"},
    ],
)
def test_what_cannot_be_right_is_refused_without_showing_a_secret(more: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        endpoint(context(**more))
    assert caught.value.hint
    assert "secret" not in caught.value.message
