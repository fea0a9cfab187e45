"""A plugin that only has hooks: it notes what it is shown, and refuses when it is told to."""

from __future__ import annotations

from typing import Any

from buckia.plugins import hookimpl

plans: list[list[tuple[str, str]]] = []
"""The lines of each plan that was shown."""
results: list[Any] = []
refusals: list[Exception] = []
"""What the next plan is answered with, if anything."""


def forget() -> None:
    for kept in (plans, results, refusals):
        kept.clear()


@hookimpl
def buckia_before_sync(plan: Any) -> None:
    plans.append([(step.action, step.path) for step in plan.steps])
    if refusals:
        raise refusals.pop()


@hookimpl
def buckia_after_sync(result: Any) -> None:
    results.append(result)
