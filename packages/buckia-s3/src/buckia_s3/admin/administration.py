"""All settings of one bucket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from buckia_s3.admin.access_list import AccessList
from buckia_s3.admin.documents import Cors, Lifecycle, Notifications
from buckia_s3.admin.policy import Policy
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.switches import Acceleration, Versioning
from buckia_s3.connection import Connection

KINDS: tuple[type[Setting[Any]], ...] = (
    *(Policy, AccessList, Cors, Lifecycle),
    *(Versioning, Acceleration, Notifications),
)


class Administration:
    """The settings of the bucket of a connection, each a `Setting`; makes no request by itself.

    Whoever made the connection closes it. `pause` waits some seconds for a change to show.
    """

    def __init__(
        self, connection: Connection, *, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self.connection = connection
        self.policy = Policy(connection, pause=pause)
        self.acl = AccessList(connection, pause=pause)
        self.cors = Cors(connection, pause=pause)
        self.lifecycle = Lifecycle(connection, pause=pause)
        self.versioning = Versioning(connection, pause=pause)
        self.accelerate = Acceleration(connection, pause=pause)
        self.notifications = Notifications(connection, pause=pause)

    def setting(self, name: str) -> Setting[Any]:
        """The setting that a command of this name is about."""
        found: Setting[Any] = getattr(self, name)
        return found
