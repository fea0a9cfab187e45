"""Stand-ins for services: real HTTP servers on this machine, for tests, tours and tries.

A provider's fake of its service derives from `Observed`, and answers requests in `_reply`:

    from buckia.standins import Observed, Reply, Request

    class Clock(Observed):
        def _reply(self, request: Request) -> Reply:
            return Reply(status=200, body=b"12:00")

    with Clock("clock", port=0) as clock:
        ...  # let the program under test talk to clock.endpoint
        print(clock.requests)

It has a log, fails when it is told to, and ends all connections when it ends.
"""

from __future__ import annotations

from buckia.standins.log import Asked
from buckia.standins.running import Observed, Running
from buckia.standins.troubles import Fails, Trouble
from buckia.standins.wire import Reply, Request

__all__ = ["Asked", "Fails", "Observed", "Reply", "Request", "Running", "Trouble"]
