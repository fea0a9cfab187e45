"""The conformance kit: what every store promises, for the tests of whoever writes one.

    from buckia.testing import StorageConformance

`buckia.testing.faults` holds stores that fail on purpose, `buckia.testing.model` strategies for
Hypothesis, `buckia.testing.bodies` bodies that break off or lie. None of it is imported by
Buckia itself.
"""

from __future__ import annotations

try:
    import pytest
except ModuleNotFoundError as error:
    raise ImportError(
        "buckia.testing needs pytest; install it with: pip install 'buckia-core[testing]'"
    ) from error

# Assertions of the cases explain themselves only when pytest rewrites them on import.
pytest.register_assert_rewrite("buckia.testing.cases", "buckia.testing.steps")

from buckia.testing.conformance import StorageConformance  # noqa: E402 - after the line above

__all__ = ["StorageConformance"]
