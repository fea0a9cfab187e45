"""Starting and stopping, in a test and by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlsplit

import pytest

from buckia.standins.wire import Reply
from buckia_bunny.testing import FakeBunny, Fault
from buckia_bunny.testing.storage.asked import Forward, Request
from tests.bunny.fake.asking import Asking, Meets


class Fails(Fault, frozen=True):
    def __call__(self, request: Request, forward: Forward) -> Reply:
        raise LookupError("a mistake in the fake")


def test_it_listens_here_and_until_its_end() -> None:
    with FakeBunny() as fake:
        endpoint = fake.endpoint
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", endpoint)
        asking = Asking(fake)
        assert asking("GET").status == 200
    # The connection was kept, and has ended; another one cannot be made.
    with pytest.raises(ConnectionError):
        asking("GET")
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(urlsplit(endpoint).netloc, timeout=20).connect()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = fake.endpoint


def test_it_may_be_stopped_twice_and_started_again() -> None:
    fake = FakeBunny()
    fake.start()
    with pytest.raises(RuntimeError, match="runs already"):
        fake.start()
    fake.tree.put("a", b"body")
    fake.stop()
    fake.stop()
    with fake:
        asking = Asking(fake)
        assert asking("GET", "a").body == b"body"
        asking.connection.close()


def test_stopping_does_not_wait_for_slow_answers() -> None:
    with FakeBunny() as fake:
        arrived = Barrier(2)
        fake.latency = 600
        fake.faults = (Meets(barrier=arrived),)
        with ThreadPoolExecutor(1) as threads:
            asking = Asking(fake)
            asked = threads.submit(asking, "PUT", "a", b"body")
            arrived.wait(timeout=20)
            fake.stop()
            # Whether the answer was still sent or not, it is over.
            asked.exception(timeout=20)
        asking.connection.close()


def test_a_mistake_of_the_fake_itself_is_told_at_its_end() -> None:
    fake = FakeBunny()
    fake.start()
    fake.faults = (Fails(on="get"),)
    asking = Asking(fake)
    with pytest.raises(ConnectionError):
        asking("GET", "a")
    with pytest.raises(ExceptionGroup) as found:
        fake.stop()
    assert found.group_contains(LookupError, match="a mistake")
    fake.stop()


def test_two_run_side_by_side() -> None:
    with FakeBunny() as one, FakeBunny() as other:
        assert one.endpoint != other.endpoint
        one.tree.put("a", b"body")
        asking = Asking(other)
        assert asking.names() == []
        asking.connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are sent in another way there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_by_hand_it_says_where_it_is_and_runs_until_interrupted(number: int) -> None:
    words = [sys.executable, "-m", "buckia_bunny.testing", "--zone", "photos", "--password", "pw"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as running:
        try:
            assert running.stdout is not None
            told = ""
            for line in running.stdout:
                told += line
                if line == "What it stores is gone when it ends.\n":
                    break
            found = re.search(r"endpoint_url: http://(127\.0\.0\.1:\d+)\n", told)
            assert found, told
            assert "  provider: bunny\n  bucket_name: photos\n" in told
            connection = HTTPConnection(found[1], timeout=20)
            connection.request("GET", "/photos/", headers={"AccessKey": "pw"})
            assert connection.getresponse().read() == b"[]"
            connection.close()
            running.send_signal(number)
            assert running.stdout.read() == ""
            assert running.wait(timeout=20) == 0
        finally:
            running.kill()
