import base64
import io
import json
import logging
import urllib.parse
from collections import deque
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.secrets import Redactor

SECRET = 'p@ss "word"/+\n=é'


def knowing(*texts: str) -> Redactor:
    redactor = Redactor()
    for text in texts:
        redactor.add(text)
    return redactor


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        json.dumps({"key": SECRET}),
        json.dumps({"key": SECRET}, ensure_ascii=False),
        repr(SECRET),
        repr([SECRET]),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_taken_out_however_it_is_written(written: str) -> None:
    assert "***" in knowing(SECRET).redact(f"before {written} after")
    assert "word" not in knowing(SECRET).redact(f"before {written} after")
    assert written not in knowing(SECRET).redact(f"before {written} after")


def test_a_secret_that_holds_another_goes_as_a_whole() -> None:
    assert knowing("abcd", "abcdefgh").redact("abcdefgh abcd") == "*** ***"


def test_a_short_secret_is_taken_out_as_a_word_and_leaves_other_words_alone() -> None:
    assert knowing("a1").redact("key=a1, a12 ba1 'a1'") == "key=***, a12 ba1 '***'"


def test_text_without_secrets_stays_as_it_is() -> None:
    assert knowing().redact("nothing") == "nothing"
    assert knowing("").redact("nothing") == "nothing"
    assert knowing("secret").redact("nothing") == "nothing"


@given(st.lists(st.text(min_size=4), min_size=1, max_size=4), st.lists(st.text(), max_size=4))
def test_no_text_holds_a_known_secret_afterwards(secrets: list[str], others: list[str]) -> None:
    secrets = [secret for secret in secrets if "*" not in secret]
    mixed = "|".join(part for pair in zip(secrets, others, strict=False) for part in pair)
    cleaned = knowing(*secrets).redact(mixed)
    assert not [secret for secret in secrets if secret in cleaned]


def test_secrets_added_from_many_threads_are_all_known() -> None:
    redactor = Redactor()
    words = [f"secret-{n:03}" for n in range(64)]
    threads = [
        Thread(target=lambda part=part: deque(map(redactor.add, part)))
        for part in (words[n::8] for n in range(8))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert redactor.redact(" ".join(words)) == " ".join(["***"] * 64)


class Talkative:
    def __repr__(self) -> str:
        return "Talkative(hunter2)"


class Broken:
    def __str__(self) -> str:
        raise ValueError("hunter2")


def written(write: object, form: str = "%(levelname)s %(message)s %(extra)s") -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(form, defaults={"extra": ""}))
    handler.addFilter(knowing("hunter2"))
    logger = logging.Logger("redaction")  # noqa: LOG001 - one that no other test shares
    logger.addHandler(handler)
    write(logger)  # type: ignore[operator]
    return stream.getvalue()


def with_traceback(log: logging.Logger) -> None:
    try:
        dict[str, str]()["hunter2"]
    except KeyError:
        log.exception("it failed with %s", "hunter2", stack_info=True)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda log: log.error("key=hunter2"), "ERROR key=***"),
        (lambda log: log.error("key=%s, %d", "hunter2", 5), "ERROR key=***, 5"),
        (lambda log: log.error("key=%(k)s", {"k": "hunter2"}), "ERROR key=***"),
        (lambda log: log.error("%r", Talkative()), "ERROR Talkative(***)"),
        (lambda log: log.error("%d", "hunter2"), "ERROR %d (its arguments do not fit)"),
        (lambda log: log.error("%s", Broken()), "ERROR %s (its arguments do not fit)"),
        (lambda log: log.error("x", extra={"extra": "hunter2"}), "ERROR x ***"),
        (with_traceback, "KeyError: '***'"),
        (lambda log: log.error("nothing"), "ERROR nothing"),
    ],
)
def test_a_log_record_is_cleaned_before_it_is_written(write: object, expected: str) -> None:
    text = written(write)
    assert expected in text
    assert "hunter2" not in text


def test_records_keep_their_words_while_no_secret_is_known() -> None:
    record = logging.makeLogRecord({"msg": "a %s", "args": ("b",)})
    assert Redactor().filter(record)
    assert record.getMessage() == "a b"
