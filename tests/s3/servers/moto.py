"""moto in this process: quick to start, no process to lose, but far from any real service.

It checks no signature and no checksum, and ignores many conditions; `proxy` makes up for some.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.s3.servers.access import Access, Server


class Moto(Server):
    """Starts in threads at a free port. All that run in one process hold the same objects."""

    def __init__(self) -> None:
        # A line for each request is more than anybody reads.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        application = _OneAtATime(DomainDispatcherApplication(create_backend_app))
        self._server = make_server("127.0.0.1", 0, application, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        super().__init__(Access(endpoint=f"http://127.0.0.1:{self._server.server_port}"))
        self._stopped = False

    def stop(self) -> None:
        """Close the port and end the thread; once more does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _OneAtATime:
    """moto closes an object's file while another request still reads it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        with self._lock:
            answer = self._application(environment, start)
            try:
                return list(answer)
            finally:
                close = getattr(answer, "close", None)
                if close is not None:
                    close()
