"""All settings of one bucket, and what is told of its objects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from buckia_s3.admin.access_list import AccessList
from buckia_s3.admin.documents import Cors, Lifecycle, Notifications
from buckia_s3.admin.objects import ObjectMetadata
from buckia_s3.admin.policy import Policy
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.switches import Acceleration, Versioning
from buckia_s3.connection import Connection
from buckia_s3.ground import Ground
from buckia_s3.inplace import DIGEST
from buckia_s3.notes import Notes
from buckia_s3.options import Options
from buckia_s3.parts import Sizes
from buckia_s3.rules import Dressing

if TYPE_CHECKING:
    from buckia.client.reaching import Reached
    from buckia.config import BucketConfig

S = TypeVar("S", bound=Setting[Any])

KINDS: tuple[type[Setting[Any]], ...] = (
    *(Policy, AccessList, Cors, Lifecycle),
    *(Versioning, Acceleration, Notifications),
)


_WIDTH = 4
"""Parts of a large object that are copied at once."""


class Administration:
    """The settings of the bucket of a connection, each a `Setting`; makes no request by itself.

    Whoever made the connection closes it. `notes` are what is remembered of the bucket, and
    `pause` waits some seconds for a change to show. `provider` is whose commands the messages
    name, and `prefix` what all keys are below.
    """

    def __init__(
        self,
        connection: Connection,
        notes: Notes,
        *,
        pause: Callable[[float], object] = time.sleep,
        provider: str = "s3",
        prefix: str = "",
    ) -> None:
        self.connection = connection
        self._pause = pause
        self._prefix = prefix
        # No rules: what somebody has set for a single object is not theirs to change.
        self._ground = Ground(
            connection, Dressing(()), notes, algorithm=DIGEST, sizes=Sizes(), width=_WIDTH
        )

        def made(kind: type[S]) -> S:
            return kind(connection, notes, pause=pause, provider=provider)

        self.policy = made(Policy)
        self.acl = made(AccessList)
        self.cors = made(Cors)
        self.lifecycle = made(Lifecycle)
        self.versioning = made(Versioning)
        self.accelerate = made(Acceleration)
        self.notifications = made(Notifications)

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
        with closing(Connection(options, bucket.context, width=_WIDTH)) as connection:
            # The same that the store of this bucket has.
            notes = Notes(bucket.context.notes, connection.endpoint.name, connection.bucket)
            config = bucket.config
            admin = cls(connection, notes, provider=config.provider, prefix=config.prefix)
            with closing(admin):
                yield admin

    def setting(self, name: str) -> Setting[Any]:
        """The setting that a command of this name is about."""
        found: Setting[Any] = getattr(self, name)
        return found

    def metadata(self, key: str) -> ObjectMetadata:
        """What is told of the object of this key, which is below the configured prefix."""
        return ObjectMetadata(
            self._ground, self._prefix + key, folder=self._prefix, pause=self._pause
        )

    def close(self) -> None:
        """End the threads that copied parts of objects, and close the connection."""
        self._ground.close()
