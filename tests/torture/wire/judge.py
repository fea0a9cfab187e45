"""What must hold after a sync on a bad line, and once the line is good again."""

from __future__ import annotations

from tests.torture.wire.place import Place
from tests.torture.wire.scenes import STAYS
from tests.torture.wire.yard import Ended

_FINE = frozenset({0, 1, 3, 4})
"""All done; some keys failed and are named; refused; unreachable."""
_STOPPED = 6
"""By a guard, which is right about a bucket that seems to be another."""
MEMORY = 160 << 20
"""Bytes that a run may need: its modules' own, bodies on their way, and some to spare."""
_LONGEST_WAIT = 330.0
"""Seconds of a pause that a service may ask for, and the longest of our own."""


def judged(place: Place, ended: Ended, *, lies: bool = False) -> None:
    """What a run on a bad line has said is true, and it has kept within its bounds.

    Where the line `lies`, nobody can ask for more than that nothing is lost.
    """
    assert ended.code is not None, f"it hangs: {ended.said[-4000:]}"
    assert "Traceback" not in ended.said, ended.said[-4000:]
    fine = {*_FINE, _STOPPED} if lies else _FINE
    assert ended.code in fine, f"it ended with {ended.code}: {ended.said[-2000:]}"
    assert ended.grown < MEMORY, f"it took {ended.grown >> 20} MiB: {ended.said[-500:]}"
    silly = [wait for wait in ended.waits if not 0 <= wait <= _LONGEST_WAIT]
    assert not silly, f"pauses of {silly} seconds"
    for secret in place.secrets:
        assert secret not in ended.said, f"it tells a secret: {ended.said}"
        assert secret.encode() not in place.state(), "the state holds a secret"
    _says_why(ended)
    assert not place.lost(), f"lost: {_short(place.lost())}; {ended.said[-2000:]}"
    if not lies:
        _told_truth(place, ended)


def _told_truth(place: Place, ended: Ended) -> None:
    here, there = place.files(), place.ground.objects()
    if ended.code == 0 and ended.told.get("buckets"):
        assert here == there, f"said to agree, but only one side has {_apart(here, there)}"
    for key in STAYS:
        if ended.told.get("buckets"):
            assert key in here, f"{key} is gone here, and nobody has deleted it"
            assert key in there, f"{key} is gone there, and nobody has deleted it"


def _says_why(ended: Ended) -> None:
    """A failure names the keys that it is about, or what the matter was with the bucket."""
    if ended.code == 0:
        return
    buckets = ended.told.get("buckets", ())
    failed = [one for bucket in buckets for one in bucket["failed"]] or ended.told.get("failed", ())
    errors = [bucket["error"] for bucket in buckets if "error" in bucket]
    errors += [ended.told["error"]] if "error" in ended.told else []
    assert failed or errors, f"it ended with {ended.code}, and does not say why: {ended.said}"
    if ended.code == 1 and buckets:
        assert failed or errors, f"no key is named: {ended.said}"


def calm(place: Place, *, lies: bool = False) -> None:
    """After at most two runs on a good line both sides agree, and nothing is lost."""
    said = ""
    for _ in range(2):
        ended = place.run()
        said = ended.said
        if ended.code == 0:
            break
    else:
        raise AssertionError(f"two calm runs do not settle it: {said[-2000:]}")
    here, there = place.files(), place.ground.objects()
    assert here == there, f"after calm runs only one side has {_apart(here, there)}; {said}"
    assert not place.lost(), f"lost: {_short(place.lost())}; {said[-2000:]}"
    if not lies:
        missing = set(STAYS) - set(here)
        assert not missing, f"gone, and nobody has deleted them: {missing}"
        extra = set(here.values()) - place.at_stake
        assert not extra, f"came back, though it was given up: {_short(extra)}"


def _apart(here: dict[str, bytes], there: dict[str, bytes]) -> list[str]:
    return sorted({key for key, _ in here.items() ^ there.items()})


def _short(texts: set[bytes]) -> list[bytes]:
    return [text[:24] for text in texts]
