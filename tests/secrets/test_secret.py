import copy
import io
import json
import logging
import pickle
import pprint
import sys
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import yaml

from buckia.secrets import Secret

TEXT = "hunter2-correct-horse"
SECRET = Secret(TEXT)


class Holder(msgspec.Struct, frozen=True):
    key: Secret | None = SECRET


def logged(write: Callable[[logging.Logger], None]) -> str:
    stream = io.StringIO()
    logger = logging.Logger("secrecy")  # noqa: LOG001 - one that no other test shares
    logger.addHandler(logging.StreamHandler(stream))
    write(logger)
    return stream.getvalue()


def of_a_traceback() -> str:
    local = SECRET
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(str(local))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "".join(told.format())


SHOWN: dict[str, Callable[[], str]] = {
    "repr": lambda: repr(SECRET),
    "str": lambda: str(SECRET),
    "ascii": lambda: ascii(SECRET),
    "format": lambda: f"{SECRET} {SECRET!r} {SECRET!s} {SECRET:>40} {SECRET!a}",
    "percent": lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031 - the old way is used by logging
    "in a list": lambda: str([SECRET]),
    "in a dict": lambda: str({"key": SECRET}),
    "in a struct": lambda: repr(Holder()),
    "pprint": lambda: pprint.pformat({"key": SECRET}),
    "logging": lambda: logged(lambda log: log.error("key %s and %r", SECRET, SECRET)),
    "logging the object": lambda: logged(lambda log: log.error(SECRET)),
    "traceback": of_a_traceback,
    "exception": lambda: repr(ValueError(SECRET)),
    "json with str": lambda: json.dumps({"key": SECRET}, default=str),
    "msgspec with str": lambda: msgspec.json.encode(Holder(), enc_hook=str).decode(),
}


@pytest.mark.parametrize("way", SHOWN)
def test_no_way_of_showing_a_secret_shows_it(way: str) -> None:
    shown = SHOWN[way]()
    assert "Secret(***)" in shown
    assert TEXT not in shown


ENCODERS: dict[str, Callable[[Any], object]] = {
    "json": json.dumps,
    "msgspec json": msgspec.json.encode,
    "msgspec msgpack": msgspec.msgpack.encode,
    "msgspec yaml": msgspec.yaml.encode,
    "msgspec builtins": msgspec.to_builtins,
    "pickle": pickle.dumps,
    "pickle 0": lambda thing: pickle.dumps(thing, protocol=0),
    "yaml": yaml.dump,
    "safe yaml": yaml.safe_dump,
    "reduce": lambda thing: thing["key"].__reduce_ex__(2),
    "state": lambda thing: thing["key"].__getstate__(),
    "bytes": lambda thing: bytes(thing["key"]),
    "vars": lambda thing: vars(thing["key"]),
    "iteration": lambda thing: list(thing["key"]),
    "length": lambda thing: len(thing["key"]),
    "joining": lambda thing: "".join([thing["key"]]),
    "adding": lambda thing: "x" + thing["key"],
    "order": lambda thing: thing["key"] < Secret("z"),
    "contents": lambda thing: "h" in thing["key"],
}


@pytest.mark.parametrize("way", ENCODERS)
def test_no_way_of_encoding_a_secret_works_or_says_it(way: str) -> None:
    with pytest.raises((TypeError, yaml.YAMLError)) as caught:
        ENCODERS[way]({"key": SECRET})
    assert TEXT not in str(caught.value)


def test_revealing_is_the_way_to_the_text() -> None:
    assert SECRET.reveal() == TEXT


def test_secrets_are_equal_by_their_text_but_never_equal_to_text() -> None:
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TEXT
    assert hash(SECRET) != hash(TEXT)
    assert Secret("caf\udce9") == Secret("caf\udce9")


def test_a_copy_is_the_secret_itself() -> None:
    assert copy.copy(SECRET) is copy.deepcopy({"key": SECRET})["key"] is SECRET


def test_a_secret_does_not_change() -> None:
    secret: Any = Secret("x")
    with pytest.raises(AttributeError):
        secret.other = 1
    with pytest.raises(AttributeError):
        secret._text = "y"
    with pytest.raises(AttributeError):
        del secret._text
    assert secret.reveal() == "x"


def test_what_is_no_text_is_refused_without_being_shown() -> None:
    with pytest.raises(TypeError) as caught:
        Secret(31415926)  # type: ignore[arg-type]
    assert "31415926" not in str(caught.value)


def test_an_uncaught_error_does_not_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError("refused", SECRET)
    sys.excepthook(RuntimeError, error, None)
    assert TEXT not in capsys.readouterr().err
