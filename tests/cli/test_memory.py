"""What threads free is there for all of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

_THREADS, _PIECE = 12, 20 << 20
_BY_TURNS = f"""
import threading
{{shared}}
end = threading.Event()

def work(done):
    for _ in range(3):
        # Zeros that nobody touches would take no memory.
        bytearray(b"x") * {_PIECE}
    done.set()
    end.wait()

for _ in range({_THREADS}):
    done = threading.Event()
    threading.Thread(target=work, args=[done]).start()
    done.wait()
end.set()
# What the system tells of its resources begins with what its parent had.
with open("/proc/self/status") as status:
    [peak] = [line.split()[1] for line in status if line.startswith("VmHWM")]
print(int(peak) * 1024)
"""
_SHARED = "from buckia.cli import memory; memory.share()"


def _peak(shared: str) -> int:
    """Bytes of a program whose threads have large pieces one after the other, and stay."""
    program = _BY_TURNS.format(shared=shared)
    done = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other ways")
def test_what_one_thread_frees_serves_the_next() -> None:
    """One piece is there at a time, so there is never need for the memory of many."""
    assert _peak(_SHARED) < 5 * _PIECE


def test_without_it_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on another system nor with another C library."""
    from buckia.cli import memory

    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    memory.share()
    monkeypatch.setattr(sys, "platform", "darwin")
    memory.share()
