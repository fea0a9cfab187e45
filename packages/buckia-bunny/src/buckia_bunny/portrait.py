"""What is known of the way to the world, in words for people."""

from __future__ import annotations

from collections.abc import Iterator

from buckia.errors import StorageError
from buckia.results import Check
from buckia_bunny.cdn.front import Front


def portrait(front: Front, *, is_asked: bool) -> Iterator[Check]:
    """A line about the pull zone; the account is asked only with `is_asked`."""
    try:
        site = front.site() if is_asked else front.known
    except StorageError as error:
        yield Check("pull zone", ok=False, message=error.message, hint=error.hint)
        return
    if site is None:
        yield Check("pull zone", ok=None, message=f"{front.wanted}; the account was not asked")
        return
    words = [f"{front.wanted} delivers at {site.host}"]
    if site.is_secured:
        words.append("to signed addresses only")
    if not front.is_told:
        words.append("and nothing is cleared there, which takes the account's api_key")
    yield Check("pull zone", ok=True, message=", ".join(words))
