"""Whom a secured pull zone serves: the service's own examples, our signatures, and forgeries."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia_bunny.cdn.signing import RESERVED, Options, Scheme, Signing, signed
from buckia_bunny.testing import FakeBunny, PullZone
from buckia_bunny.testing.edge.tokens import Denied, Gate, Visitor, check, without_token
from tests.bunny.fake.visiting import NOON, Clock, Talking

KEY = "SecurityKey"
EXPIRES = 1598024587
BEFORE = EXPIRES - 1.0
V4, V6 = "1.2.3.4", "2001:db8:85a3::8a2e:370:7334"
ANYBODY = Visitor("127.0.0.1", None)
SCHEMES: list[Scheme] = ["hmac-sha256", "sha256", "md5"]

# Where they are bound to a visitor's address, it is V4, or V6 where that stands beside.
EXAMPLES = [
    ("/300kb.jpg", "o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4", ""),
    ("/abc/300kb.jpg", "uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ", "token_path=%2Fabc"),
    ("/300kb.jpg", "i5s3Uv7mnrFfN5nznwU2BxhILpnipYeE18TapV0WNFM", "token_countries=CA%2CUS"),
    ("/300kb.jpg", "JS8dSuBSjSH-W2-xhdkCPC36-2rlxfDCQJjlNMPqKZQ", "token_countries_blocked=RU,CN"),
    ("/300kb.jpg", "1lwWBD_c1IAGSj1UKPoxreu8ePDQ-Z9FoWLcRn_RRH0", "token_ignore_params=true"),
    ("/300kb.jpg", "DAVapqNNED3Z7JkjRTYX0UOIHNtbHEuuhRNEc4A7mMQ", "limit=1000"),
    ("/300kb.jpg", "1-L2rISTLcujMY9UFf2tbZ41d5i-Bme1g1oTK_Z2QMLJk", ""),
    ("/abc/300kb.jpg", "1-wag9tC0r1QWfg-2eMj5QcdzgPLCIdQb-D0WVU1Mhg2w", "token_path=%2Fabc"),
]
EXAMPLE = f"/300kb.jpg?token=HS256-{EXAMPLES[0][1]}&expires={EXPIRES}"
IN_FRONT = (
    "/bcdn_token=HS256-1-4lIDGI2_t3wiTmopXzB7z71wtZKTe1Ic0lDlL72iAJw"
    f"&token_countries=CA%2CUS&expires={EXPIRES}/abc/"
)


def serves(
    target: str, *, ip: str | None = None, country: str | None = None, now: float = BEFORE
) -> bool:
    """With an address of the visitor, the zone checks addresses."""
    try:
        check(target, Gate(KEY, ip is not None), Visitor(ip or "127.0.0.1", country), now)
    except Denied:
        return False
    return True


def signature(target: str, *, scheme: Scheme = "hmac-sha256", **options: Any) -> str:
    """A target, signed by what this package has for that."""
    url = f"https://site.b-cdn.net{target}"
    made = signed(url, Signing(key=KEY, scheme=scheme), expires=EXPIRES, options=Options(**options))
    return made.removeprefix("https://site.b-cdn.net")


@pytest.mark.parametrize(("path", "token", "rest"), EXAMPLES)
def test_the_service_s_own_examples_are_served(path: str, token: str, rest: str) -> None:
    target = f"{path}?token=HS256-{token}&expires={EXPIRES}&{rest}"
    ip = V4 if token.startswith("1-") else None
    assert serves(target, ip=ip)
    assert not serves(target, ip=None if ip else V4)
    assert not serves(target, ip=ip, now=EXPIRES)
    assert not serves(target.replace("300kb", "301kb"), ip=ip) or "token_path" in rest


def test_an_example_with_the_token_in_front_is_served() -> None:
    assert serves(IN_FRONT, ip=V4, country="CA")
    assert not serves(IN_FRONT, ip=V4, country="AT")
    assert not serves(IN_FRONT, ip="1.2.3.5", country="CA")
    assert not serves(f"{IN_FRONT}b", ip=V4)


@pytest.mark.parametrize(
    "token", ["Ao9wBEuhqk4V_zyPZgkzkA", "DlAr_yuteDmLE0l9_myLDuNMbGzKG67E5uBEAp3vnvw"]
)
def test_examples_of_older_schemes_are_served(token: str) -> None:
    target = f"/300kb.jpg?token={token}&expires={EXPIRES}"
    assert serves(target)
    assert not serves(target, ip=V4)
    assert not serves(target, now=EXPIRES)
    assert not serves(target.replace("300kb", "301kb"))


def test_an_older_token_is_bound_to_an_address_as_text_at_the_end() -> None:
    for digest, parameters in ((hashlib.sha256, "b=c&limit=7"), (hashlib.md5, "")):
        raw = digest(f"{KEY}/a{EXPIRES}{parameters}{V4}".encode()).digest()
        token = urlsafe_b64encode(raw).decode().rstrip("=")
        target = f"/a?token={token}&b=c&limit=7&expires={EXPIRES}"
        assert serves(target, ip=V4)
        assert not serves(target, ip="1.2.3.5")
        assert serves(target.replace("b=c", "b=d"), ip=V4) == (digest is hashlib.md5)


@pytest.mark.parametrize(
    "target",
    [
        "/300kb.jpg",
        f"/300kb.jpg?expires={EXPIRES}",
        f"/300kb.jpg?token=&expires={EXPIRES}",
        EXAMPLE.partition("&")[0],
        EXAMPLE.replace(str(EXPIRES), ""),
        EXAMPLE.replace(str(EXPIRES), "soon"),
        EXAMPLE.replace(str(EXPIRES), f"{EXPIRES}.5"),
        EXAMPLE.replace(str(EXPIRES), f"-{EXPIRES}"),
        EXAMPLE.replace(str(EXPIRES), str(EXPIRES + 1)),
        EXAMPLE.replace("HS256-", ""),
        EXAMPLE.replace("HS256-", "HS256-1-"),
        EXAMPLE.replace("HS256-o", "HS256-O"),
        EXAMPLE.replace("4&", "4=&"),
        EXAMPLE.replace("/300kb", "/%3300kb"),
        EXAMPLE + "&v=1",
        EXAMPLE + "&limit=1",
        EXAMPLE + "&token_path=/",
        EXAMPLE + "&token_path=/300kb.jpg",
        EXAMPLE + "&token_ignore_params=true",
        EXAMPLE + f"&expires={EXPIRES}",
        EXAMPLE + "&token=" + EXAMPLES[0][1],
        f"{EXAMPLE}ä",
    ],
)
def test_what_was_not_signed_is_not_served(target: str) -> None:
    assert serves(EXAMPLE)
    assert not serves(target)


def test_another_key_s_token_is_not_right() -> None:
    with pytest.raises(Denied, match="not right"):
        check(EXAMPLE, Gate("securitykey", checks_ip=False), ANYBODY, BEFORE)


@pytest.mark.parametrize("as_directory", [True, False])
def test_a_token_of_a_path_is_for_all_that_begins_so(as_directory: bool) -> None:
    target = signature("/a/b/c", token_path="/a/b", as_directory=as_directory)
    assert serves(target)
    for other in ("/a/b/d", "/a/bb"):
        assert serves(target.replace("/a/b/c", other))
    for other in ("/a/c", "/", "/x/a/b/c"):
        assert not serves(target.replace("/a/b/c", other))


def test_the_order_of_parameters_makes_no_difference() -> None:
    target = signature("/a?b=c&d=e", limit=5)
    assert "&b=c&d=e" in target
    assert serves(target.replace("&b=c&d=e", "&d=e&b=c"))


@pytest.mark.parametrize("as_directory", [True, False])
def test_parameters_may_be_left_free(as_directory: bool) -> None:
    target = signature("/a?b=c", ignore_params=True, as_directory=as_directory)
    assert serves(target)
    assert serves(target.replace("b=c", "b=d"))
    assert serves(f"{target}&e=f&token_countries=AT", country="CA")
    assert not serves(target.replace("/a?", "/b?"))
    assert not serves(f"{target}&b=d")


def test_an_address_of_a_network_s_end_stands_for_it() -> None:
    target = signature("/a", ip="1.2.3.0")
    assert serves(target, ip=V4)
    assert serves(target, ip="1.2.3.255")
    assert not serves(target, ip="1.2.4.3")
    target = signature("/a", ip=V6)
    assert serves(target, ip="2001:db8:85a3::1")
    assert not serves(target, ip="2001:db8:85a3:1::1")


def test_countries_count_where_they_are_known() -> None:
    target = signature("/a", countries=("AT", "CA"), countries_blocked=("US",))
    assert serves(target)
    assert serves(target, country="CA")
    assert not serves(target, country="US")
    assert not serves(target, country="DE")
    assert not serves(target.replace("CA", "DE"), country="DE")
    target = signature("/a", countries_blocked=("US", "CA"))
    assert [serves(target, country=name) for name in ("US", "CA", "AT")] == [False, False, True]


@pytest.mark.parametrize("as_directory", [True, False])
@pytest.mark.parametrize("ignore_params", [True, False])
def test_what_is_left_without_a_token_is_what_was_signed(
    as_directory: bool, ignore_params: bool
) -> None:
    options: dict[str, Any] = {"as_directory": as_directory, "token_path": "/"}
    if ignore_params:
        options |= {"ignore_params": True}
    else:
        options |= {"limit": 5, "countries": ("AT",), "countries_blocked": ("CA",)}
    target = signature("/a%20b?x=1&y=%26", **options)
    # With the token in front, the parameters that it vouches for stand there, too.
    is_bare = as_directory and not ignore_params
    assert without_token(target) == ("/a%20b" if is_bare else "/a%20b?x=1&y=%26")


letters = st.characters(exclude_categories=["Cs"])
words = st.text(letters, min_size=1, max_size=8)
names = words.filter(lambda name: name not in {*RESERVED, "limit"})
parameters = st.dictionaries(names, st.text(letters, max_size=8), max_size=3)
paths = st.lists(words, max_size=3).map(lambda parts: "/" + quote("/".join(parts), safe="/~"))
paths = paths.filter(lambda path: not path.startswith(("//", "/bcdn_token")))
countries = st.lists(st.sampled_from(["CA", "US", "AT"]), unique=True).map(tuple)
of_all_schemes = st.fixed_dictionaries({"ip": st.none() | st.ip_addresses(v=4).map(str)})
of_the_newer = st.fixed_dictionaries(
    {
        "countries": countries,
        "countries_blocked": countries,
        "limit": st.none() | st.integers(1, 10**6),
        "token_path": st.none() | st.just("/"),
        "as_directory": st.booleans(),
    }
)


@settings(deadline=None)
@given(
    path=paths,
    query=parameters,
    scheme=st.sampled_from(SCHEMES),
    common=of_all_schemes,
    newer=of_the_newer,
)
def test_whatever_this_package_signs_is_served_to_whom_it_is_for(
    path: str, query: dict[str, str], scheme: Scheme, common: dict[str, Any], newer: dict[str, Any]
) -> None:
    options = common if scheme == "md5" else common | newer
    target = signature(f"{path}?{urlencode(query)}", scheme=scheme, **options)
    ip = options["ip"]
    assert serves(target, ip=ip)
    assert not serves(target, ip=None if ip else V4)
    assert not serves(target, ip=ip, now=EXPIRES)
    with pytest.raises(Denied, match="not right"):
        check(target, Gate(f"{KEY}!", ip is not None), Visitor(ip or V4, None), BEFORE)


@pytest.fixture
def secured(fake: FakeBunny, site: PullZone, clock: Clock) -> PullZone:
    fake.tree.put("f/ä b.txt", b"body")
    site.secured, site.security_key, clock.now = True, KEY, BEFORE
    return site


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_edge_serves_signed_addresses_until_their_time_is_over(
    secured: PullZone, visitor: Talking, clock: Clock, scheme: Scheme
) -> None:
    target = signature("/f/%C3%A4%20b.txt?v=1", scheme=scheme)
    assert visitor.visit(target).body == b"body"
    assert visitor.visit(target.replace("%20b", "%20c")).status == 403
    clock.now = EXPIRES
    assert visitor.visit(target).status == 403


def test_the_edge_serves_relative_links_with_the_token_in_front(
    secured: PullZone, visitor: Talking
) -> None:
    front = signature("/f/", token_path="/f/", as_directory=True)
    assert visitor.visit(f"{front}%C3%A4%20b.txt").body == b"body"
    assert visitor.visit(f"{front}missing").status == 404
    assert visitor.visit(f"{front[:-2]}g/a").status == 403


def test_the_edge_asks_where_the_visitor_is(secured: PullZone, visitor: Talking) -> None:
    secured.checks_ip = True
    target = signature("/f/%C3%A4%20b.txt", ip=V4, countries=("AT",))
    assert visitor.visit(target).status == 403
    assert visitor.visit(target, X_Visitor_IP=V4).status == 200
    assert visitor.visit(target, X_Visitor_IP=V4, X_Visitor_Country="AT").status == 200
    assert visitor.visit(target, X_Visitor_IP=V4, X_Visitor_Country="CA").status == 403
    assert visitor.visit(signature("/f/%C3%A4%20b.txt", ip="127.0.0.1")).status == 200


def test_an_answer_is_kept_for_all_tokens_and_only_for_them(
    fake: FakeBunny, secured: PullZone, api: Talking, visitor: Talking, clock: Clock
) -> None:
    secured.ignores_queries = False
    path = "/f/%C3%A4%20b.txt"
    one, other = signature(path), signature(path, limit=5)
    assert visitor.visit(one).body == b"body"
    fake.tree.put("f/ä b.txt", b"new")
    assert visitor.visit(other).body == b"body"
    assert visitor.visit(path).status == 403
    api.purge(f"https://site.b-cdn.net{path}")
    assert visitor.visit(one).body == visitor.visit(other).body == b"new"
    clock.now = NOON
    assert visitor.visit(one).status == 403


def test_where_no_token_is_asked_for_none_means_anything(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"body")
    assert visitor.visit("/a?token=x&expires=1").status == 200
    assert visitor.visit("/bcdn_token=x&expires=1/a").status == 404
