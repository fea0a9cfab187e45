"""Signed addresses: as the service's own vectors say, and as an edge would check them."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from base64 import urlsafe_b64encode
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia_bunny.cdn.signing import RESERVED, Options, Scheme, Signing, signed

HOST = "https://token-tester.b-cdn.net"
EXPIRES = 1598024587
SIGNING = Signing(key="SecurityKey")
V6 = "2001:0db8:85a3:0000:0000:8a2e:0370:7334"

IN_QUERY: list[tuple[str, Options, str, str]] = [
    ("/300kb.jpg", Options(), "o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4", ""),
    (
        "/abc/300kb.jpg",
        Options(token_path="/abc"),
        "uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ",
        "&token_path=%2Fabc",
    ),
    (
        "/300kb.jpg",
        Options(countries=("CA", "US")),
        "i5s3Uv7mnrFfN5nznwU2BxhILpnipYeE18TapV0WNFM",
        "&token_countries=CA%2CUS",
    ),
    (
        "/300kb.jpg",
        Options(countries_blocked=("RU", "CN")),
        "JS8dSuBSjSH-W2-xhdkCPC36-2rlxfDCQJjlNMPqKZQ",
        "&token_countries_blocked=RU%2CCN",
    ),
    (
        "/300kb.jpg",
        Options(ignore_params=True),
        "1lwWBD_c1IAGSj1UKPoxreu8ePDQ-Z9FoWLcRn_RRH0",
        "&token_ignore_params=true",
    ),
    (
        "/300kb.jpg",
        Options(limit=1000),
        "DAVapqNNED3Z7JkjRTYX0UOIHNtbHEuuhRNEc4A7mMQ",
        "&limit=1000",
    ),
    ("/300kb.jpg", Options(ip="1.2.3.4"), "1-L2rISTLcujMY9UFf2tbZ41d5i-Bme1g1oTK_Z2QMLJk", ""),
    ("/300kb.jpg", Options(ip=V6), "1-Z1BaGdhTZdU4iANcyKpurFR2VgCNdqC6hlBv5x_TyaI", ""),
    (
        "/abc/300kb.jpg",
        Options(ip="1.2.3.4", token_path="/abc"),
        "1-wag9tC0r1QWfg-2eMj5QcdzgPLCIdQb-D0WVU1Mhg2w",
        "&token_path=%2Fabc",
    ),
    (
        "/300kb.jpg",
        Options(ip="1.2.3.4", ignore_params=True),
        "1-rWalmQRJ-A_qrb08-JoeU3b-gOS5mJiJjPOfDWa0gsQ",
        "&token_ignore_params=true",
    ),
    (
        "/300kb.jpg",
        Options(ip="1.2.3.4", countries_blocked=("RU", "CN")),
        "1-myF6Rnz7Z9VAfAjjkyUHJQ_6gr-AJ7VyPsG5rQdQKm8",
        "&token_countries_blocked=RU%2CCN",
    ),
    (
        "/300kb.jpg",
        Options(ip=V6, countries_blocked=("RU", "CN")),
        "1-XGkCf_JKNfOrpWAM_CIYjZBbVHbB4U1mxHg8pXJtBNc",
        "&token_countries_blocked=RU%2CCN",
    ),
]

IN_PATH: list[tuple[Options, str, str]] = [
    (
        Options(ip="1.2.3.4", countries=("CA", "US"), as_directory=True),
        "1-4lIDGI2_t3wiTmopXzB7z71wtZKTe1Ic0lDlL72iAJw",
        "&token_countries=CA%2CUS",
    ),
    (
        Options(ip=V6, countries=("CA", "US"), as_directory=True),
        "1-LGpoP8i1bV4P1kN4NrO_iYxLJuLAD2R3Clstsy9kWAc",
        "&token_countries=CA%2CUS",
    ),
    (
        Options(ip="1.2.3.4", limit=5000, as_directory=True),
        "1-X01Z6A9xAo1_ds1XFf9y8gAIzk_JpmoevOx7EtgMQhY",
        "&limit=5000",
    ),
]


@pytest.mark.parametrize(("path", "options", "token", "tail"), IN_QUERY)
def test_an_address_is_signed_as_the_service_signs_it(
    path: str, options: Options, token: str, tail: str
) -> None:
    url = signed(HOST + path, SIGNING, expires=EXPIRES, options=options)
    assert url == f"{HOST}{path}?token=HS256-{token}{tail}&expires={EXPIRES}"


@pytest.mark.parametrize(("options", "token", "tail"), IN_PATH)
def test_a_directory_is_signed_as_the_service_signs_it(
    options: Options, token: str, tail: str
) -> None:
    url = signed(f"{HOST}/abc/", SIGNING, expires=EXPIRES, options=options)
    assert url == f"{HOST}/bcdn_token=HS256-{token}{tail}&expires={EXPIRES}/abc/"


@pytest.mark.parametrize(
    ("scheme", "token"),
    [
        ("md5", "Ao9wBEuhqk4V_zyPZgkzkA"),
        ("sha256", "DlAr_yuteDmLE0l9_myLDuNMbGzKG67E5uBEAp3vnvw"),
    ],
)
def test_older_schemes_sign_as_they_did(scheme: Scheme, token: str) -> None:
    signing = Signing(key="SecurityKey", scheme=scheme)
    url = signed(f"{HOST}/300kb.jpg", signing, expires=EXPIRES)
    assert url == f"{HOST}/300kb.jpg?token={token}&expires={EXPIRES}"


def test_older_schemes_sign_the_visitor_as_text_at_the_end() -> None:
    options = Options(ip="1.2.3.4", limit=7)
    url = signed(f"{HOST}/a?b=c", Signing(key="k", scheme="sha256"), expires=9, options=options)
    raw = hashlib.sha256(b"k/a9b=c&limit=71.2.3.4").digest()
    assert url == f"{HOST}/a?token={in_base64(raw)}&b=c&limit=7&expires=9"
    options = Options(ip="1.2.3.4")
    url = signed(f"{HOST}/a?b=c", Signing(key="k", scheme="md5"), expires=9, options=options)
    raw = hashlib.md5(b"k/a91.2.3.4").digest()
    assert url == f"{HOST}/a?token={in_base64(raw)}&expires=9&b=c"


def in_base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def edge_accepts(url: str, key: str, ip: str | None = None) -> bool:
    """What an edge does with an address of the current scheme, knowing the key and the visitor."""
    parts = urlsplit(url)
    path, query = parts.path, parts.query
    if path.startswith("/bcdn_token="):
        front, slash, rest = path[1:].partition("/")
        query, path = front.removeprefix("bcdn_"), slash + rest
    sent = dict(parse_qsl(query, keep_blank_values=True))
    token, expires = sent.pop("token"), sent.pop("expires")
    if "token_ignore_params" in sent:
        sent = {name: sent[name] for name in sent.keys() & {"token_ignore_params", "token_path"}}
    text = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
    scope = sent.get("token_path", path)
    packed = b"" if ip is None else IPv4Address(ip).packed
    message = f"{scope}{expires}".encode() + packed + text.encode()
    mac = hmac.new(key.encode(), message, hashlib.sha256).digest()
    flags = "" if ip is None else "1-"
    return path.startswith(scope) and token == f"HS256-{flags}{in_base64(mac)}"


letters = st.characters(exclude_categories=["Cs"])
words = st.text(letters, min_size=1, max_size=12)
parameters = st.dictionaries(
    words.filter(lambda name: name not in {*RESERVED, "limit"}), st.text(letters, max_size=12)
)
paths = st.lists(words, max_size=4).map(lambda names: "/" + quote("/".join(names), safe="/~"))
paths = paths.filter(lambda path: not path.startswith(("//", "/bcdn_token")))
keys = words
country_sets = st.lists(st.sampled_from(["CA", "US", "AT"]), unique=True).map(tuple)
options_sets = st.builds(
    Options,
    ip=st.none() | st.ip_addresses(v=4).map(str),
    countries=country_sets,
    countries_blocked=country_sets,
    limit=st.none() | st.integers(1, 10**6),
    token_path=st.just("/") | st.none(),
    as_directory=st.booleans(),
) | st.builds(Options, ignore_params=st.just(True), as_directory=st.booleans())


@settings(deadline=None)
@given(path=paths, query=parameters, key=keys, options=options_sets)
def test_an_edge_finds_all_that_was_signed_in_the_address(
    path: str, query: dict[str, str], key: str, options: Options
) -> None:
    plain = f"{HOST}{path}?{urlencode(query)}"
    url = signed(plain, Signing(key=key), expires=EXPIRES, options=options)
    assert edge_accepts(url, key, options.ip)


@settings(deadline=None)
@given(path=paths, query=parameters, options=options_sets)
def test_parameters_and_path_come_back_as_they_were_given(
    path: str, query: dict[str, str], options: Options
) -> None:
    url = signed(f"{HOST}{path}?{urlencode(query)}", SIGNING, expires=EXPIRES, options=options)
    parts = urlsplit(url)
    given_path, text = parts.path, parts.query
    if options.as_directory:
        front, slash, rest = parts.path[1:].partition("/")
        given_path, text = slash + rest, "&".join(filter(None, [front, parts.query]))
    found = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
    assert {name: found[name] for name in query} == query
    assert set(found) - set(query) <= RESERVED | {"limit"}
    assert given_path == path


@settings(deadline=None)
@given(path=paths, query=parameters, options=options_sets, key=keys, other=keys)
def test_another_key_gives_another_token(
    path: str, query: dict[str, str], options: Options, key: str, other: str
) -> None:
    plain = f"{HOST}{path}?{urlencode(query)}"
    one, two = (
        signed(plain, Signing(key=k), expires=EXPIRES, options=options) for k in (key, other)
    )
    assert (one == two) == (key == other)
    assert edge_accepts(one, other, options.ip) == (key == other)


@pytest.mark.parametrize("scheme", ["hmac-sha256", "sha256", "md5"])
@pytest.mark.parametrize("name", sorted(RESERVED))
def test_neither_token_nor_time_of_the_address_is_signed(scheme: Scheme, name: str) -> None:
    signing = Signing(key="k", scheme=scheme)
    with pytest.raises(ValueError, match=f"signed already.*{name}"):
        signed(f"{HOST}/a?b=c&{name}=x", signing, expires=EXPIRES)


@pytest.mark.parametrize("as_directory", [True, False])
def test_an_address_is_not_signed_twice(as_directory: bool) -> None:
    options = Options(as_directory=as_directory)
    url = signed(f"{HOST}/a/b", SIGNING, expires=EXPIRES, options=options)
    with pytest.raises(ValueError, match="signed already"):
        signed(url, SIGNING, expires=EXPIRES)


def test_only_the_network_of_an_ipv6_address_counts() -> None:
    def of(ip: str) -> str:
        return signed(f"{HOST}/a", SIGNING, expires=9, options=Options(ip=ip))

    assert of("2001:db8:1:2::3") == of("2001:db8:1:2:ffff::")
    assert of("2001:db8:1:2::3") != of("2001:db8:1:3::3")
    assert of("::ffff:1.2.3.4") == of("1.2.3.4") != of("1.2.3.5")


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/a?x=1&x=2",
        f"{HOST}/a?x=1&%78=1",
        f"{HOST}/a?x=%ff",
        f"{HOST}/a#b",
        f"{HOST}/a#",
        f"{HOST}/a b",
        f"{HOST}/a\n",
        f"{HOST}/\ud800",
        "/a",
        "ftp://host/a",
        "https:///a",
    ],
)
def test_an_address_that_cannot_be_signed_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        signed(url, SIGNING, expires=EXPIRES)


@pytest.mark.parametrize("expires", [0, -1])
def test_a_time_before_all_times_is_refused(expires: int) -> None:
    with pytest.raises(ValueError, match="expires"):
        signed(f"{HOST}/a", SIGNING, expires=expires)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ip": "1.2.3"},
        {"ip": "fe80::1%eth0"},
        {"countries": ("ca",)},
        {"countries": ("CA,US",)},
        {"countries_blocked": ("",)},
        {"limit": 0},
        {"token_path": "abc"},
        {"ignore_params": True, "countries": ("CA",)},
        {"ignore_params": True, "countries_blocked": ("CA",)},
        {"ignore_params": True, "limit": 5},
    ],
)
def test_options_that_would_bind_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Options(**wrong)


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        ("sha256", Options(ip="2001:db8::1")),
        ("md5", Options(ip="2001:db8::1")),
        ("md5", Options(countries=("CA",))),
        ("md5", Options(limit=3)),
        ("md5", Options(token_path="/")),
        ("md5", Options(ignore_params=True)),
        ("md5", Options(as_directory=True)),
    ],
)
def test_what_an_older_scheme_does_not_know_is_refused(scheme: Scheme, options: Options) -> None:
    with pytest.raises(ValueError, match=scheme):
        signed(f"{HOST}/a", Signing(key="k", scheme=scheme), expires=9, options=options)


def test_an_address_outside_of_its_token_path_is_refused() -> None:
    with pytest.raises(ValueError, match="token_path"):
        signed(f"{HOST}/b/a", SIGNING, expires=9, options=Options(token_path="/a"))


def test_a_limit_beside_the_address_s_own_is_refused() -> None:
    assert edge_accepts(signed(f"{HOST}/a?limit=3", SIGNING, expires=9), SIGNING.key)
    with pytest.raises(ValueError, match="limit of its own"):
        signed(f"{HOST}/a?limit=3", SIGNING, expires=9, options=Options(limit=3))


def test_the_root_is_signed_where_the_address_has_no_path() -> None:
    assert signed(HOST, SIGNING, expires=9) == signed(f"{HOST}/", SIGNING, expires=9)


def test_the_key_is_not_shown() -> None:
    signing = Signing(key="very-hidden", scheme="md5")
    shown = [repr(signing), str(signing), f"{signing}", repr([signing]), repr({"a": signing})]
    shown.append(repr(signing.__rich_repr__()))
    assert all("very-hidden" not in text and "md5" in text for text in shown)
    assert msgspec.structs.replace(signing, scheme="sha256").key == "very-hidden"


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Signing(key="")


def test_signing_needs_no_http_client() -> None:
    code = "import sys, buckia_bunny.cdn.signing; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
