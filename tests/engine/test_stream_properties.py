"""What holds of a stream whatever its doings wait for, in whatever order they end or fail."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from buckia.engine.execute.doing import Turn
from buckia.engine.execute.stream import ROOM
from buckia.errors import BuckiaError, Interrupted, StorageError
from tests.engine.doings import Killed, Scene, Step, row, wish

W, A = Turn.WAITING, Turn.ALONE
_STEPS = ("waits", "wishes", "has done", "takes long")
_SIZES = (0, 1, ROOM // 3, ROOM, ROOM * 2)


class Script(NamedTuple):
    """What one doing does, its size, and the error with which it ends, if any."""

    words: Sequence[str]
    size: int
    error: BaseException | None = None

    def steps(self, name: str) -> list[Step]:
        meaning: dict[str, Step] = {"waits": W, "takes long": A}
        meaning |= {"wishes": wish(name), "has done": row(name)}
        ends = [] if self.error is None else [self.error]
        return [*(meaning[word] for word in self.words), *ends]


words = st.lists(st.sampled_from(_STEPS), max_size=6)
sizes = st.sampled_from(_SIZES)
quiet = st.lists(st.builds(Script, words, sizes, st.none()), max_size=14)
ours = st.builds(Interrupted, st.just("stopped")) | st.builds(StorageError, st.just("broken"))
acts = words.filter(lambda found: ("has done", "has done") not in itertools.pairwise(found))
"""Between two deeds there is a wish, or at least a wait."""
failing = st.builds(Script, acts, sizes, st.none() | ours | st.builds(Killed))
widths = st.integers(1, 9)


def play(scene: Scene, scripts: Sequence[Script]) -> BaseException | None:
    """Add them all; the error that came of it."""
    try:
        with scene.stream:
            for number, script in enumerate(scripts):
                scene.add(f"d{number}", *script.steps(f"d{number}"), size=script.size)
    except (BuckiaError, Killed) as error:
        return error
    return None


def expected(script: Script, name: str) -> list[str]:
    """The life of a doing that nobody disturbs: what is wanted is written before it goes on."""
    lines = [f"{name} begins"]
    for word in script.words:
        if word in ("wishes", "has done"):
            lines.append(f"{name}: {'wish' if word == 'wishes' else 'row'}")
        lines.append(f"{name} goes on")
    return [*lines, f"{name} ends"]


@settings(deadline=None)
@given(quiet, widths)
def test_every_doing_takes_its_steps_in_order_and_comes_to_its_end_once(
    scripts: list[Script], width: int
) -> None:
    scene = Scene(width)
    assert play(scene, scripts) is None
    scene.take_over()
    for number, script in enumerate(scripts):
        assert scene.told_of(f"d{number}") == expected(script, f"d{number}")
    assert len(scene.journal) == sum(len(expected(one, "d")) for one in scripts)
    assert scene.open == {}


@settings(deadline=None)
@given(quiet, widths)
def test_there_is_never_more_under_way_than_there_is_room_for(
    scripts: list[Script], width: int
) -> None:
    scene = Scene(width)
    asked: list[int] = []
    seen: list[list[int]] = []

    def watch() -> None:
        away = {name for name in scene.open for one in scene.given if is_of(one, name)}
        asked.append(len(scene.asked - away))
        seen.append([size for name, size in scene.open.items() if name not in away])

    scene.watched = watch
    play(scene, scripts)
    assert max(asked, default=0) <= width
    for under_way in seen:
        assert len(under_way) <= width + width * 3 // 2 + 1
        assert sum(under_way) <= ROOM or len([size for size in under_way if size]) <= 1


def is_of(doing: object, name: str) -> bool:
    frame = getattr(doing, "gi_frame", None)
    return frame is not None and frame.f_locals.get("name") == name


@settings(deadline=None, max_examples=300)
@given(st.lists(failing, max_size=14), widths)
def test_when_one_fails_what_happened_is_known_and_none_is_left_where_it_stood(
    scripts: list[Script], width: int
) -> None:
    scene = Scene(width)
    error = play(scene, scripts)
    # Those that were given away are somebody else's by now.
    for one in scene.given:
        one.close()
    assert scene.open == {}
    failed = [line for line in scene.journal if line.endswith("fails")]
    event(f"error: {type(error).__name__}")
    if error is None:
        assert not failed
        return
    if not any(isinstance(one.error, Killed) for one in scripts):
        # Of several the first is told; a kill is told whenever it comes.
        number = int(failed[0].removeprefix("d").removesuffix(" fails"))
        assert error is scripts[number].error
    after = scene.journal[scene.journal.index(failed[0]) + 1 :]
    assert not [line for line in after if line.endswith(("begins", ": wish"))]
    if isinstance(error, Killed):
        last = scene.journal.index(failed[-1])
        assert all(line.endswith("is closed") for line in scene.journal[last + 1 :])
        return
    for number, script in enumerate(scripts):
        judge(scene.told_of(f"d{number}"), script, f"d{number}")


def judge(lines: list[str], script: Script, name: str) -> None:
    """What it wanted to be known of what it had done is known, unless it stopped before that."""
    whole = expected(script, name)
    # One that was written down, and then disturbed, may be written down twice.
    lines = [line for n, line in enumerate(lines) if ":" not in line or line != lines[n - 1]]
    if not lines:
        return
    last, kept = lines[-1], lines[:-1]
    if last.endswith("ends"):
        assert lines == whole
        return
    assert kept == whole[: len(kept)]
    if last.endswith("is closed"):
        upcoming = whole[len(kept)]
        assert not upcoming.endswith(": row")
