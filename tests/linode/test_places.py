"""Where a bucket is, as far as words tell it: what is documented, and nothing that is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_linode.finding import configured, insist_on_place
from buckia_linode.opening import opened
from buckia_linode.options import Options
from buckia_linode.places import CLUSTERS, KINDS, cluster_of, facts, near


def context(**more: Any) -> Context:
    return Context(bucket_name="ann-notes", base=Path(), **more)


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"endpoint_url": "http://127.0.0.1:7480"}, "http://127.0.0.1:7480"),
        ({"domain": "us-ord-10.linodeobjects.com"}, "https://us-ord-10.linodeobjects.com"),
        ({"region": "us-ord-1"}, "https://us-ord-1.linodeobjects.com"),
        ({"region": "us-iad-10"}, "https://us-iad-10.linodeobjects.com"),
        ({"region": "us-ord-1", "endpoint_url": "https://x"}, "https://x"),
    ],
)
def test_what_is_configured_or_documented_needs_no_question(said: dict[str, str], url: str) -> None:
    found = configured(context(**said))
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize("region", [None, "us-ord", "us-east", "de-fra-2", "us-ord-1x", "mars-1"])
def test_what_no_document_says_is_not_guessed(region: str | None) -> None:
    """de-fra-2 is a region whose endpoint has another number."""
    assert configured(context(region=region)) is None


@pytest.mark.parametrize(
    ("region", "words"),
    [(None, "token"), ("us-east", "us-east-1, us-east-12"), ("mars", "the Cloud Manager")],
)
def test_without_a_token_it_says_what_to_set(region: str | None, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        insist_on_place(context(region=region))
    assert words in caught.value.hint
    with pytest.raises(ConfigError):
        opened(Options(), context(region=region))


def test_a_region_means_the_clusters_that_begin_with_it() -> None:
    assert near("us-ord") == ("us-ord-1", "us-ord-10")
    assert near("us-ord-1") == ("us-ord-1",)
    assert near("us") == tuple(sorted(one for one in CLUSTERS if one.startswith("us-")))
    assert near("u") == ()


def test_a_cluster_is_read_off_the_name_of_a_host() -> None:
    assert cluster_of("ann-notes.us-ord-10.linodeobjects.com") == "us-ord-10"
    assert cluster_of("https://us-east-1.linodeobjects.com/") == "us-east-1"
    assert cluster_of("us-east-1.example.com") is None
    assert {cluster_of(f"{one}.linodeobjects.com") for one in CLUSTERS} == CLUSTERS


def test_every_type_of_endpoint_has_its_facts_and_others_have_none() -> None:
    assert {name for name in KINDS if facts(name) is not None} == {"E0", "E1", "E2", "E3"}
    assert facts("E9") is None
    assert facts(None) is None


def test_what_is_wrong_in_the_configuration_is_said_at_once() -> None:
    for options, more in (
        (Options(access_key=Secret("a")), {}),
        (Options(accelerate=True), {}),
        (Options(ca_bundle="nowhere.pem"), {}),
        (Options(token=Secret("a b")), {}),
        (Options(token=Secret("a"), api_url="x"), {}),
        (Options(), {"domain": "https://x"}),
    ):
        with pytest.raises(ConfigError):
            opened(options, context(**{"region": "us-ord-1", **more}))
