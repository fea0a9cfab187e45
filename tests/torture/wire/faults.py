"""All that a line does to a request or to its answer, and to which kinds of requests it can do it.

`FAULTS` is the table's one side. What a fault cannot be done to is said by the fault itself, so
that nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from tests.torture.wire import bending, breaking, lying, saying
from tests.torture.wire.asked import Kind
from tests.torture.wire.line import Harm

Needs = Literal["sends", "receives", "writes", "reads", ""]
_WANTING: Mapping[str, str] = {
    "sends": "requests of this kind have no body",
    "receives": "answers to this kind have no body",
    "writes": "this kind changes nothing",
    "reads": "this kind is no question",
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    harm: Harm
    needs: Needs = ""
    lies: bool = False
    """Whether what arrives is sound and untrue, so that no client could tell. Nothing may be lost
    by it, but what is believed for a while may be wrong.
    """
    lies_on: tuple[str, ...] = ()
    """Where alone that is so: grounds, or grounds and kinds, such as `s3 delete`."""
    waits: bool = False
    """Whether a client has to wait for its own patience to end."""
    heavy: bool = False
    """Whether it takes so long or so much that a storm is better off without it."""
    only: tuple[str, ...] = ()
    """The kinds that it is for; empty for all."""
    not_for: Mapping[str, str] = {}
    """Grounds and kinds, such as `s3 put`, each with a reason."""

    def lies_to(self, ground: str, kind: str = "") -> bool:
        return self.lies or not {ground, f"{ground} {kind}"}.isdisjoint(self.lies_on)

    def left_out(self, ground: str, kind: Kind) -> str:
        """Why it does not stand in the table for this kind; empty where it does."""
        return self.hindrance(ground, kind) or _AS_S3.get(f"{ground} {kind.name}", "")

    def hindrance(self, ground: str, kind: Kind) -> str:
        """Why it cannot be done to this kind; empty where it can."""
        if self.needs == "reads":
            has = not kind.writes
        else:
            has = not self.needs or getattr(kind, self.needs)
        if not has:
            return _WANTING[self.needs]
        if self.only and kind.name not in self.only:
            return f"it is about {' and '.join(self.only)}"
        return self.not_for.get(f"{ground} {kind.name}", "")


_AS_S3 = {
    f"plain s3 {name}": "as on the ground s3"
    for name in (
        *("list", "create", "part", "complete", "abort", "parts", "uploads", "part copy"),
        *("delete many", "probe"),
    )
}
"""What has nothing to do with conditions is the same without them."""
_WHOLE = {"bunny list": "a listing comes in one piece there, and that may be very large"}
_UNSIGNED = {
    "bunny delete": "nothing but TLS protects a path there, and it would delete another file",
}

_BREAKING = {
    "request cut in its head": Fault(harm=breaking.CutsHead()),
    "request cut in its body by a FIN": Fault(harm=breaking.CutsRequest(), needs="sends"),
    "request cut in its body by a RST": Fault(harm=breaking.CutsRequest(reset=True), needs="sends"),
    "request not read to its end": Fault(harm=breaking.StallsRequest(), needs="sends", waits=True),
    "answer lost by a FIN": Fault(harm=breaking.CutsAnswer()),
    "answer lost by a RST": Fault(harm=breaking.CutsAnswer(reset=True)),
    "answer cut in its first line": Fault(harm=breaking.CutsAnswer(after=9)),
    "answer cut in its head": Fault(harm=breaking.CutsAnswer(of="head")),
    "answer cut before its body": Fault(
        harm=breaking.CutsAnswer(of="end of head"), needs="receives"
    ),
    "answer cut in its body by a FIN": Fault(harm=breaking.CutsAnswer(of="body"), needs="receives"),
    "answer cut in its body by a RST": Fault(
        harm=breaking.CutsAnswer(of="body", reset=True), needs="receives"
    ),
    "answer cut before its last byte": Fault(
        harm=breaking.CutsAnswer(of="last byte"), needs="receives"
    ),
    "refusal cut by a FIN": Fault(harm=breaking.CutsRefusal(reset=False)),
    "refusal cut by a RST": Fault(harm=breaking.CutsRefusal(reset=True)),
    "continue cut by a FIN": Fault(harm=breaking.CutsContinue()),
    "silence, nothing done": Fault(harm=breaking.Silence(does=False), waits=True),
    "silence, all done": Fault(harm=breaking.Silence(does=True), waits=True),
    "silence in the head": Fault(harm=breaking.Silence(does=True, of="head"), waits=True),
    "silence in the body": Fault(
        harm=breaking.Silence(does=True, of="body"), waits=True, needs="receives"
    ),
    "head byte by byte": Fault(harm=breaking.Drips(of="head"), waits=True),
    "body byte by byte": Fault(harm=breaking.Drips(of="body"), waits=True, needs="receives"),
}
_BENDING = {
    "sent twice, first answer": Fault(harm=bending.SendsTwice(keeps=0)),
    "sent twice, second answer": Fault(harm=bending.SendsTwice(keeps=1)),
    "answered twice": Fault(harm=bending.AnswersTwice()),
    "announced too long": Fault(harm=bending.Announces("longer"), needs="receives"),
    "announced too short": Fault(harm=bending.Announces("shorter"), needs="receives"),
    "announced as nothing": Fault(harm=bending.Announces("nothing"), needs="receives"),
    "announced in words": Fault(harm=bending.Announces("words")),
    "announced as less than nothing": Fault(harm=bending.Announces("negative")),
    "announced twice and differently": Fault(harm=bending.Announces("twice"), needs="receives"),
    "not announced": Fault(harm=bending.Announces("not")),
    "not announced and cut": Fault(harm=bending.Announces("not, and cut"), needs="receives"),
    "bits flipped in the body of the answer": Fault(
        harm=bending.Flips(of="body"), needs="receives", lies=True
    ),
    "bits flipped in the head of the answer": Fault(harm=bending.Flips(of="head"), lies=True),
    "bits flipped in the body of the request": Fault(harm=bending.FlipsRequest(), needs="sends"),
    "bits flipped in the path of the request": Fault(
        harm=bending.FlipsPath(), not_for=_UNSIGNED, lies=True
    ),
    "garbage": Fault(harm=bending.Garbage()),
    "body packed as nobody asked": Fault(harm=bending.Packs(), needs="receives"),
    "body said to be packed": Fault(harm=bending.Packs(packs=False), needs="receives"),
    "body packed that grows without end": Fault(harm=bending.Bomb(), heavy=True, needs="receives"),
    "head with a huge line": Fault(harm=bending.HugeHead(lines=1, size=1 << 20)),
    "head with a thousand lines": Fault(harm=bending.HugeHead(lines=1000, size=10)),
    "head without end": Fault(harm=bending.EndlessHead(), heavy=True),
    "body without end": Fault(
        harm=bending.EndlessBody(), heavy=True, needs="receives", not_for=_WHOLE
    ),
    "body without end in pieces": Fault(
        harm=bending.EndlessBody(in_pieces=True), heavy=True, not_for=_WHOLE
    ),
    "refusal without end": Fault(harm=bending.EndlessBody(status=503), heavy=True),
}
_SAYING = {
    "503": Fault(harm=saying.Says(503)),
    "503, wait 7": Fault(harm=saying.Says(503, retry_after="7")),
    "503, wait -5": Fault(harm=saying.Says(503, retry_after="-5")),
    "503, wait a year": Fault(harm=saying.Says(503, retry_after="31536000")),
    "503, wait for ever": Fault(harm=saying.Says(503, retry_after="9" * 400)),
    "503, wait until next year": Fault(harm=saying.Says(503, retry_after="in a year")),
    "503, wait until last year": Fault(harm=saying.Says(503, retry_after="a year ago")),
    "503, wait for a word": Fault(harm=saying.Says(503, retry_after="soon, \xfc")),
    "429, wait 0": Fault(harm=saying.Says(429, retry_after="0")),
    "408": Fault(harm=saying.Says(408)),
    "500 as a web page": Fault(harm=saying.Page(500)),
    "502 as a web page": Fault(harm=saying.Page(502)),
    "403 as a web page": Fault(harm=saying.Page(403)),
    "404 as a web page": Fault(harm=saying.Page(404), lies=True),
    "400 as a web page": Fault(harm=saying.Page(400)),
    "200 as a web page": Fault(harm=saying.Page(200)),
    "200 and nothing": Fault(harm=saying.Nothing(200)),
    "204 and nothing": Fault(harm=saying.Nothing(204), lies_on=("s3 delete", "plain s3 delete")),
    "206 as a web page": Fault(harm=saying.Page(206)),
    "999 and nothing": Fault(harm=saying.Nothing(999)),
    "sent elsewhere by 302": Fault(harm=saying.Elsewhere(302)),
    "sent elsewhere by 307": Fault(harm=saying.Elsewhere(307)),
    "sent to itself by 308": Fault(harm=saying.Elsewhere(308, to_itself=True)),
    "sent nowhere by 301": Fault(harm=saying.Elsewhere(301, place="")),
    "refusal that repeats the request": Fault(harm=saying.Echo(500)),
    "page that repeats the request": Fault(harm=saying.Echo(200)),
    "continue, and silence": Fault(harm=saying.Continues(times=1, answers=False), waits=True),
    "continue fifty times": Fault(harm=saying.Continues(times=50, answers=True)),
    "continue without end": Fault(harm=saying.Continues(times=0, answers=False), waits=True),
    "417": Fault(harm=saying.Says(417)),
    "hints before the answer": Fault(harm=saying.Early(103)),
    "another protocol": Fault(harm=saying.Early(101)),
}
_LYING = {
    "answer to another question": Fault(harm=lying.OfAnother(), needs="reads", lies=True),
    "yes, and not done": Fault(harm=lying.YesAndNo(), needs="writes", lies=True),
    "page again": Fault(harm=lying.Pages("again"), only=("list",)),
    "page left out": Fault(harm=lying.Pages("left out"), only=("list",), lies_on=("bunny",)),
    "page without keys": Fault(harm=lying.Pages("empty"), only=("list",), lies=True),
    "page of another folder": Fault(harm=lying.Pages("elsewhere"), only=("list",)),
}
FAULTS: Mapping[str, Fault] = {**_BREAKING, **_BENDING, **_SAYING, **_LYING}
