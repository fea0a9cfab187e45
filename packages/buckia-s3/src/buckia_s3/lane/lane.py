"""One request after the other, each of which is written, signed, sent and read the short way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from buckia_s3.lane.address import Address
from buckia_s3.lane.answers import is_good, told
from buckia_s3.lane.documents import has_document, read
from buckia_s3.lane.flow import Flow
from buckia_s3.lane.lines import Lines
from buckia_s3.lane.pages import page
from buckia_s3.lane.parsing import Answer
from buckia_s3.lane.refusals import refusal
from buckia_s3.lane.requests import OPERATIONS, Request
from buckia_s3.lane.signing import payload_of, sign

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from buckia_s3.lane.replay import Raw

_READ, _LIST = "get_object", "list_objects_v2"
_SENDS = frozenset({"PUT", "POST"})


class Rereading(Protocol):
    """How the SDK reads an answer that comes from elsewhere."""

    def __call__(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        instead: Callable[[AWSPreparedRequest], AWSResponse],
        /,
    ) -> dict[str, Any]: ...


class Sent(NamedTuple):
    """A request on its way. It is heard once, or abandoned."""

    heard: Callable[[], dict[str, Any]]
    abandon: Callable[[], None]


class Lane:
    """Safe to use from many threads."""

    def __init__(self, address: Address, lines: Lines, agent: str, rereading: Rereading) -> None:
        self._address = address
        self._lines = lines
        self._agent = agent
        self._rereading = rereading

    def send(self, operation: str, arguments: Mapping[str, Any], sha256: str = "") -> Sent | None:
        """The request, on its way; None where the SDK is the one to send it."""
        how = OPERATIONS.get(operation)
        request = None if how is None else how.request(arguments)
        if request is None:
            return None
        line = self._lines.taken()
        line.send(*self._written(request, sha256))
        is_bodiless = request.method == "HEAD"

        def heard() -> dict[str, Any]:
            answer = line.heard(is_bodiless=is_bodiless)
            return self._told(operation, arguments, Flow(self._lines, line, answer), answer)

        return Sent(heard, line.close)

    def _told(
        self, operation: str, arguments: Mapping[str, Any], flow: Flow, answer: Answer
    ) -> dict[str, Any]:
        """What the SDK would make of the answer."""
        if operation == _READ and is_good(operation, answer.status):
            found = told(answer.status, answer.headers)
            if found is not None:
                return {**found, "Body": flow}
            return self._reread(operation, arguments, answer, flow)
        body = flow.whole()
        if (error := refusal(operation, answer.status, answer.headers, body)) is not None:
            raise error
        found = _plainly(operation, answer, body)
        if found is None:
            from buckia_s3.lane.replay import Whole

            return self._reread(operation, arguments, answer, Whole(body))
        return found

    def close(self) -> None:
        self._lines.close()

    def _written(self, request: Request, sha256: str) -> tuple[bytes, bytes | bytearray]:
        """The head, signed, and the body."""
        address = self._address
        path = (address.path + request.path) or "/"
        headers, keys = request.headers, address.keys()
        headers["host"] = address.host
        if keys is not None:
            moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            is_open = address.place.scheme == "http"
            payload = payload_of(request, is_open=is_open, sha256=sha256)
            sign(request, path, keys, address.region, moment, payload=payload)
        if request.method in _SENDS:
            headers["content-length"] = str(len(request.body))
        target = f"{path}?{query}" if (query := request.query_line) else path
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = (
            f"{request.method} {target} HTTP/1.1\r\n{lines}"
            f"user-agent: {self._agent}\r\naccept-encoding: identity\r\n\r\n"
        )
        return head.encode("ascii"), request.body

    def _reread(
        self, operation: str, arguments: Mapping[str, Any], answer: Answer, raw: Raw
    ) -> dict[str, Any]:
        """An answer out of the ordinary, in the SDK's reading."""
        from buckia_s3.lane.replay import heard

        def instead(request: AWSPreparedRequest) -> AWSResponse:
            return heard(str(request.url), answer.status, answer.headers, raw)

        try:
            return self._rereading(operation, arguments, instead)
        except BaseException:  # whatever it was, nobody reads the answer any more
            raw.close()
            raise


def _plainly(operation: str, answer: Answer, body: bytes) -> dict[str, Any] | None:
    """What a plain answer says; None where it is none."""
    if not is_good(operation, answer.status):
        return None
    found = told(answer.status, answer.headers)
    if found is not None and has_document(operation):
        return read(operation, found, body)
    if found is None or operation != _LIST:
        return None if body else found
    listed = page(body)
    return listed and {**listed, "ResponseMetadata": found["ResponseMetadata"]}
