"""Digests of the bytes behind unsettled versions, for as long as they may be needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from buckia.stores.local.versions import is_settled

_MOST = 8192


class Witness:
    """Remembers what was read under versions that prove nothing by themselves.

    The looks of a file that changed within the last tick may be the looks of two different
    files. Whoever expects such a version can be told whether it is still there if somebody here
    has read (or written) its bytes. The oldest are forgotten first; a version that is not known
    here is not proven, and nothing is thrown away on its account.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, dict[str, str]] = OrderedDict()

    def saw(self, version: str, digests: Mapping[str, str]) -> None:
        if is_settled(version) or not digests:
            return
        with self._lock:
            # Also under what all observations of these looks have in common: whoever only listed
            # the file, without reading it, has seen nothing that contradicts the last reader.
            for name in (version, version.partition("~")[0]):
                self._known[name] = {**digests}
                self._known.move_to_end(name)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def digests(self, version: str) -> Mapping[str, str]:
        """Digests of the bytes of an unsettled version, or none."""
        with self._lock:
            return self._known.get(version) or self._known.get(version.partition("~")[0]) or {}
