"""A plain refusal as the error that the SDK would raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from buckia_s3.lane.markup import framed, inside
from buckia_s3.lane.parsing import joined

_REFUSED = range(400, 600)
"""Those before say where else to look, which only the SDK knows."""
_FAILED = 500
_ALSO_IN_HEAD = frozenset({"RequestId", "HostId"})
_UNUSUAL = frozenset({"IsTruncated"})
"""What is rewritten in some answers before they are read."""
_WITH_MEMBERS = "InvalidObjectState"
"""The one of which the SDK tells more than the words."""
_WORDS = {one.value: one.phrase for one in HTTPStatus}


def refusal(
    operation: str, status: int, headers: Sequence[tuple[str, str]], body: bytes
) -> ClientError | None:
    """None where it is no refusal, or has to be looked at more closely."""
    if status not in _REFUSED:
        return None
    names = joined(headers)
    said = _said(body) if body else {"Code": str(status), "Message": _WORDS.get(status, "")}
    if said is None:
        return None
    # The members are in an order and a choice that is the SDK's.
    answer: Any = {
        "Error": said,
        "ResponseMetadata": {
            **_request(status, names, is_silent=not body),
            "HTTPStatusCode": status,
            "HTTPHeaders": names,
            "MaxAttemptsReached": True,
            "RetryAttempts": 0,
        },
    }
    return ClientError(answer, "".join(word.capitalize() for word in operation.split("_")))


def _request(status: int, names: Mapping[str, str], *, is_silent: bool) -> dict[str, str]:
    """Which request the service says it was."""
    found, host = names.get("x-amz-request-id"), names.get("x-amz-id-2", "")
    if is_silent:
        return {} if status >= _FAILED else {"RequestId": found or "", "HostId": host}
    if (other := names.get("x-amzn-requestid")) is not None:
        return {"RequestId": other}
    return {} if found is None else {"RequestId": found, "HostId": host}


def _said(body: bytes) -> dict[str, str | None] | None:
    """The words of a flat document."""
    found = framed(body)
    if found is None or found.name != "Error" or found.namespace is not None:
        return None
    if (rest := inside(found.text)) is None:
        return None
    said: dict[str, str | None] = {}
    for name, text in rest:
        if not isinstance(text, str) or name in said or name in _UNUSUAL:
            return None
        # Where nothing stands, the SDK has None.
        said[name] = text or None
    if said.get("Code") in {None, _WITH_MEMBERS} or "Message" not in said:
        return None
    return {name: text for name, text in said.items() if name not in _ALSO_IN_HEAD}
