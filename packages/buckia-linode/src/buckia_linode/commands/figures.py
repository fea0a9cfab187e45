"""`buckia linode transfer` and `quotas`."""

from __future__ import annotations

import click
import msgspec

from buckia.cli.amounts import number, size
from buckia.cli.codes import ExitCode
from buckia.cli.provider_commands import command
from buckia.cli.session import Session
from buckia.errors import NotFound
from buckia_linode.api.client import LinodeApi
from buckia_linode.api.models import Quota, Usage
from buckia_linode.commands.reach import asked, table
from buckia_linode.finding import patiently


def transfer() -> click.Command:
    def transfer(session: Session, bucket: str | None) -> int:
        with asked(session, bucket) as where:
            found = patiently(where.api.transfer)
        session.output.answer(f"{size(found.used)} went out of the account this month")
        session.document.whole({"used": found.used})
        return ExitCode.DONE

    examples = [("buckia linode transfer", "of all buckets together")]
    return command(transfer, "Show what was transferred this month.", examples)


def quotas() -> click.Command:
    def quotas(session: Session, bucket: str | None) -> int:
        with asked(session, bucket) as where:
            found = patiently(where.api.quotas)
            used = {one.quota_id: _usage(where.api, one) for one in found}
        rows = [_row(one, used[one.quota_id]) for one in found]
        table(session, rows, "The account has no quotas.")
        items = [
            {**msgspec.structs.asdict(one), "usage": usage.usage if usage is not None else None}
            for one, usage in ((one, used[one.quota_id]) for one in found)
        ]
        session.document.whole({"quotas": items})
        return ExitCode.DONE

    examples = [("buckia linode quotas", "what may be used, and what is")]
    return command(quotas, "Show the limits of each endpoint.", examples)


def _usage(api: LinodeApi, quota: Quota) -> Usage | None:
    """What is used of it; None where nobody tells."""
    if quota.has_usage is False:
        return None
    try:
        return patiently(lambda: api.usage(quota.quota_id))
    except NotFound:
        return None


def _row(quota: Quota, usage: Usage | None) -> tuple[str, str, str]:
    used = "?" if usage is None or usage.usage is None else _amount(quota, usage.usage)
    limit = "no limit" if quota.quota_limit is None else _amount(quota, quota.quota_limit)
    return quota.s3_endpoint or "", quota.quota_name or quota.quota_id, f"{used} of {limit}"


def _amount(quota: Quota, count: int) -> str:
    return size(count) if quota.resource_metric == "byte" else number(count)
