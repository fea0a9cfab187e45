"""All settings of one bucket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Self

import msgspec

from buckia_s3.admin.access_list import AccessList
from buckia_s3.admin.documents import Cors, Lifecycle, Notifications
from buckia_s3.admin.policy import Policy
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.switches import Acceleration, Versioning
from buckia_s3.connection import Connection
from buckia_s3.notes import Notes
from buckia_s3.options import Options

if TYPE_CHECKING:
    from buckia.client.reaching import Reached
    from buckia.config import BucketConfig

KINDS: tuple[type[Setting[Any]], ...] = (
    *(Policy, AccessList, Cors, Lifecycle),
    *(Versioning, Acceleration, Notifications),
)


class Administration:
    """The settings of the bucket of a connection, each a `Setting`; makes no request by itself.

    Whoever made the connection closes it. `notes` are what is remembered of the bucket, and
    `pause` waits some seconds for a change to show.
    """

    def __init__(
        self,
        connection: Connection,
        notes: Notes,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.connection = connection
        self.policy = Policy(connection, notes, pause=pause)
        self.acl = AccessList(connection, notes, pause=pause)
        self.cors = Cors(connection, notes, pause=pause)
        self.lifecycle = Lifecycle(connection, notes, pause=pause)
        self.versioning = Versioning(connection, notes, pause=pause)
        self.accelerate = Acceleration(connection, notes, pause=pause)
        self.notifications = Notifications(connection, notes, pause=pause)

    @classmethod
    @contextmanager
    def of(cls, config: BucketConfig) -> Iterator[Self]:
        """The settings of the bucket of a configuration, for programs."""
        from buckia.client.reaching import reached

        with cls.on(reached(config, Options)) as admin:
            yield admin

    @classmethod
    @contextmanager
    def on(cls, bucket: Reached[Options]) -> Iterator[Self]:
        """The settings of a bucket that a command has reached."""
        # The fast way must not be needed to switch it on.
        options = msgspec.structs.replace(bucket.options, accelerate=False)
        with closing(Connection(options, bucket.context, width=1)) as connection:
            # The same that the store of this bucket has.
            notes = Notes(bucket.context.notes, connection.endpoint.name, connection.bucket)
            yield cls(connection, notes)

    def setting(self, name: str) -> Setting[Any]:
        """The setting that a command of this name is about."""
        found: Setting[Any] = getattr(self, name)
        return found
