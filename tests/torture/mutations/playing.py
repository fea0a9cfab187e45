"""The mutations one by one: first all tests that will be asked, on the copy as it is; then each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.torture.mutations.asking import Hung, ask, belongs, failures, is_finding
from tests.torture.mutations.mutation import Mutation, Unfit
from tests.torture.mutations.witness import Ending
from tests.torture.mutations.workshop import Workshop


class Player:
    """Plays mutations on one copy. `survivors` are sentences about those that nobody noticed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workshop = Workshop(folder / "packages")
        self._workshop.insist()
        self.survivors: list[str] = []

    def prove(self, mutations: Iterable[Mutation]) -> Mapping[str, str]:
        """See that all tests pass as long as nothing is gone.

        Returns those that were left out here, and why; one that fails makes the whole room Unfit.
        """
        tests = sorted({test for mutation in mutations for test in mutation.tests})
        endings = ask(self._workshop, tests, self._folder, first_only=False)
        if failed := failures(endings):
            names = ", ".join(f"{one.test} ({one.said})" for one in failed)
            raise Unfit(f"fails though nothing is gone: {names}")
        left_out: dict[str, str] = {}
        for test in tests:
            of_this = [one for one in endings if belongs(one, test)]
            if not of_this:
                raise Unfit(f"there is no test {test}")
            if all(one.outcome == "skipped" for one in of_this):
                left_out[test] = of_this[0].said
        return left_out

    def play(self, mutation: Mutation, left_out: Mapping[str, str]) -> str:
        """How it ended: the test that noticed it, or empty where it was noted as a survivor."""
        tests = [test for test in mutation.tests if test not in left_out]
        with self._workshop.without(mutation):
            try:
                endings = ask(self._workshop, tests, self._folder, first_only=True)
            except Hung as error:
                self.survivors.append(f"{mutation.name}: {error}")
                return ""
        caught = next(filter(is_finding, endings), None)
        if caught is None:
            self.survivors.append(f"{mutation.name}: {_ended(endings)}")
            return ""
        return f"{caught.test}: {caught.kinds[0]}: {caught.said}"


def _ended(endings: Sequence[Ending]) -> str:
    if failed := failures(endings):
        return f"the code broke in {failed[0].test}: {failed[0].kinds[0]}: {failed[0].said}"
    return f"{len(endings)} tests noticed nothing"


def can_be_played(mutation: Mutation, left_out: Mapping[str, str]) -> bool:
    return any(test not in left_out for test in mutation.tests)
