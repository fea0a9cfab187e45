"""One answer, read from the bytes of a connection as they come."""

from __future__ import annotations

from collections.abc import Sequence

import httptools

_LONGEST_HEAD = 1 << 18
"""Bytes before the body; no service needs a tenth of it."""


class Broken(Exception):
    """What came is no answer, or not the whole of one."""


def joined(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """By their names; what stands more than once is one header, with a comma between."""
    found = dict(headers)
    if len(found) < len(headers):
        found = {name: ", ".join(v for n, v in headers if n == name) for name in found}
    return found


class Answer:
    """What was heard of one answer so far. `is_headed` once all is there but the body."""

    def __init__(self, *, is_bodiless: bool) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.is_headed = False
        self.is_over = False
        self._is_bodiless = is_bodiless
        self._is_interim = False
        self._is_framed = False
        self._is_stray = False
        self._size = 0
        self._pieces: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes | memoryview) -> None:
        """The next bytes of the connection."""
        self._size += len(data)
        if not self.is_headed and self._size > _LONGEST_HEAD:
            raise Broken("its head has no end")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise Broken(f"it is no answer: {error}") from error

    def end(self) -> None:
        """The other side has closed the connection, which ends a body of no known length."""
        if self.is_over:
            return
        if not self.is_headed or self._is_framed:
            raise Broken("the connection was closed before its end")
        self.is_over = True

    def pieces(self) -> list[bytes]:
        """What came of the body since they were last asked for."""
        found, self._pieces = self._pieces, []
        return found

    @property
    def can_go_on(self) -> bool:
        """Whether another request can be sent the same way."""
        if self._is_stray or not self.is_over or not (self._is_framed or self._is_bodiless):
            return False
        said = " ".join(value.lower() for name, value in self.headers if name == "connection")
        return self._parser.get_http_version() == "1.1" and "close" not in said

    # What the parser calls

    def on_message_begin(self) -> None:
        self._is_stray = self._is_stray or self.is_over

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.is_over:
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._is_interim = 100 <= self.status < 200
        if self._is_interim or self.is_over:
            return
        self.is_headed = True
        self._is_framed = self.status in _EMPTY or any(name in _FRAMES for name, _ in self.headers)
        self.is_over = self._is_bodiless

    def on_body(self, data: bytes) -> None:
        if self.is_over:
            self._is_stray = True
        else:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        if self._is_interim:
            # Another head follows, and that is the one that counts.
            self.headers.clear()
        else:
            self.is_over = True


_EMPTY = frozenset({204, 304})
_FRAMES = frozenset({"content-length", "transfer-encoding"})
