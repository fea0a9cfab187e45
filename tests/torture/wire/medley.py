"""Many faults in one sync, each at one request: quick, and still each of them is seen."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from tests.torture.wire.asked import Kind
from tests.torture.wire.faults import FAULTS
from tests.torture.wire.judge import calm, judged
from tests.torture.wire.line import Due, Talk
from tests.torture.wire.place import Stand
from tests.torture.wire.scenes import settled, text

_FILES = 24
"""Of each sort at most, in as many folders, so that there are enough questions of each kind."""
_ROUNDS = 4
PATIENCE = 60.0


class Medley:
    """Hands out each fault once, and to each question at most one."""

    def __init__(
        self, ground: str, kinds: tuple[Kind, ...], names: Iterable[str], *, lies: bool
    ) -> None:
        self._ground = ground
        self._lies = lies
        self._kinds = {kind.name: kind for kind in kinds}
        self._lock = Lock()
        self._harmed: set[tuple[str, str]] = set()
        self.left = list(names)
        """What was not handed out yet."""

    def begin(self) -> None:
        """A new run asks all questions anew."""
        self._harmed.clear()

    def __call__(self, talk: Talk) -> None:
        name = self._taken(talk)
        if name is None:
            talk.pass_on(talk.answer())
        else:
            FAULTS[name].harm(talk)

    def _taken(self, talk: Talk) -> str | None:
        kind = self._kinds.get(talk.asked.kind)
        with self._lock:
            question = (talk.asked.kind, talk.asked.key)
            if kind is None or question in self._harmed:
                return None
            for name in self.left:
                if self._fits(name, kind):
                    self._harmed.add(question)
                    self.left.remove(name)
                    return name
        return None

    def _fits(self, name: str, kind: Kind) -> bool:
        fault = FAULTS[name]
        is_fine = self._lies or not fault.lies_to(self._ground, kind.name)
        return is_fine and not fault.hindrance(self._ground, kind)


def medley(stand: Stand, names: Iterable[str], *, seed: int, lies: bool = False) -> list[str]:
    """Play all these faults in a few syncs, and settle; returns those that never came."""
    playing = Medley(stand.wired.name, stand.wired.kinds, names, lies=lies)
    with stand.place(seed=seed) as place:
        settled(place)
        for number in range(_ROUNDS):
            for one in range(min(_FILES, 2 + len(playing.left) // 3)):
                key = f"f{one}/{number}"
                place.write(f"{key}.here", text(f"{key}.here"))
                place.put(f"{key}.there", text(f"{key}.there"))
            playing.begin()
            place.line.harm([Due(playing, often=True)])
            judged(place, place.run(patience=PATIENCE), lies=lies)
            if not playing.left:
                break
        place.line.harm([])
        calm(place, lies=lies)
    return playing.left
