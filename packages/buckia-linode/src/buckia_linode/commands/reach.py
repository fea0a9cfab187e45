"""The bucket that a command is about, and the API that knows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from buckia.cli.provider_commands import reached
from buckia.cli.session import Session
from buckia.cli.shown import columns
from buckia.errors import ConfigError, NotFound
from buckia.provider import Context
from buckia_linode.api.client import LinodeApi
from buckia_linode.api.models import Bucket
from buckia_linode.finding import configured, patiently
from buckia_linode.opening import account
from buckia_linode.options import Options


class Asked(NamedTuple):
    name: str
    """In the file."""
    prefix: str
    context: Context
    api: LinodeApi

    @property
    def label(self) -> str:
        """Of the bucket, at Linode."""
        return self.context.bucket_name

    @property
    def region(self) -> str:
        """Where a bucket is to be made, as the API calls it."""
        if self.context.region is None:
            raise ConfigError(
                f"{self.name} has no region, and a bucket is made in one",
                hint="set region, such as us-ord",
            )
        return self.context.region

    def bucket(self) -> Bucket:
        """The bucket as the account has it; one of the same name elsewhere is not taken for it."""
        found = [one for one in patiently(lambda: self.api.buckets(self.label)) if self._is(one)]
        if len(found) > 1:
            regions = ", ".join(sorted(one.region for one in found))
            raise ConfigError(
                f"the account has several buckets {self.label}",
                hint=f"set region to one of: {regions}",
            )
        for one in found:
            return one
        raise NotFound(
            f"the account of the token has no bucket {self.label}"
            + (f" in {self.context.region}" if self.context.region else ""),
            hint="see those that it has: buckia linode buckets list",
        )

    def _is(self, bucket: Bucket) -> bool:
        told = configured(self.context)
        if bucket.region == self.context.region or (told is None and self.context.region is None):
            return True
        address = bucket.s3_endpoint or bucket.hostname
        # Where the place is an address of another kind (a test, a tunnel) it tells nothing.
        return told is not None and (
            address is None or address.endswith(told.url.partition("://")[2]) or _is_odd(told.url)
        )


def _is_odd(url: str) -> bool:
    return "linodeobjects.com" not in url


@contextmanager
def asked(session: Session, name: str | None) -> Iterator[Asked]:
    """What the configuration says of the bucket; the API is there until the end."""
    found = reached(session, "linode", Options, name)
    api = account(found.options, found.context)
    if api is None:
        raise ConfigError(
            f"{found.config.name} has no token, and this is done by Linode's API",
            hint="set token to a personal access token with access to Object Storage",
        )
    with api:
        yield Asked(found.config.name, found.config.prefix, found.context, api)


def table(session: Session, rows: Sequence[Sequence[str]], none: str) -> None:
    """Rows in columns; where there are none it is said in words."""
    for line in columns(rows):
        session.output.answer(line)
    if not rows:
        session.output.tell(none)
