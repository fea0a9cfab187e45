"""Runs one fake until it is interrupted: `python -m buckia_bunny.testing`."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence
from threading import Event

from buckia_bunny.testing.storage.server import FakeBunny

_TOLD = """\
The fake listens at {endpoint}. A file .buckia for it begins with:

fake:
  provider: bunny
  bucket_name: {zone}
  endpoint_url: {endpoint}
  storage_api_key: {password}

Ctrl-C ends it.
What it stores is gone when it ends."""


def main(words: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m buckia_bunny.testing", description="A storage zone in memory, for trying."
    )
    parser.add_argument("--port", type=int, default=0, help="where to listen (any free port)")
    parser.add_argument("--zone", default="zone", help="the name of the zone (zone)")
    parser.add_argument("--password", default="secret", help="the zone's password (secret)")
    chosen = parser.parse_args(words)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Also where whoever started us had them ignored.
        signal.signal(number, signal.default_int_handler)
    try:
        _serve(FakeBunny(chosen.zone, chosen.password, port=chosen.port))
    except KeyboardInterrupt:
        # That is how it is meant to end.
        return


def _serve(fake: FakeBunny) -> None:
    with fake:
        told = _TOLD.format(endpoint=fake.endpoint, zone=fake.zone, password=fake.password)
        print(told, flush=True)  # noqa: T201 - what this program is there to say
        Event().wait()


if __name__ == "__main__":
    main()
