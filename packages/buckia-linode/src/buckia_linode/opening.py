"""From a configuration to a store."""

from __future__ import annotations

import msgspec

from buckia.provider import Context
from buckia.web import trusted
from buckia_linode.api.client import ADDRESS, LinodeApi
from buckia_linode.finding import Found, Remembered, asked, configured, insist_on_place
from buckia_linode.options import Options
from buckia_linode.store import LinodeStore
from buckia_s3.ground import Ground
from buckia_s3.opening import made_ground
from buckia_s3.parts import Sizes


def opened(options: Options, context: Context, *, sizes: Sizes | None = None) -> LinodeStore:
    """The store of a bucket; no request is made yet."""
    api = account(options, context)
    told = configured(context)
    if told is None and api is None:
        insist_on_place(context)

    def make(found: Found) -> Ground:
        return made_ground(options, placed(context, found), sizes=sizes)

    if told is not None:
        # What is wrong with the rest of the configuration is said at once.
        made = make(told)
        return LinodeStore(lambda: told, lambda _found: made, api)
    return LinodeStore(lambda: place(context, api), make, api)


def account(options: Options, context: Context) -> LinodeApi | None:
    """The API, for those who gave a token."""
    if options.token is None:
        return None
    return LinodeApi(
        options.token,
        address=options.api_url or ADDRESS,
        timeout=context.timeout,
        ca_bundle=trusted(options.ca_bundle, context.base),
    )


def place(context: Context, api: LinodeApi | None) -> Found:
    """Where the bucket is; asks the API where nothing else tells, once in a week."""
    told = configured(context)
    if told is not None:
        return told
    remembered = Remembered(context)
    found = remembered.recall()
    if found is None:
        if api is None:
            insist_on_place(context)
        assert api is not None
        found = asked(api, context)
        remembered.keep(found)
    return found


def placed(context: Context, found: Found) -> Context:
    """The context as S3 understands it: an address, and no words of Linode's."""
    if context.endpoint_url is not None or context.domain is not None:
        # Whether that is an address at all is for S3 to say.
        return msgspec.structs.replace(context, region=None)
    return msgspec.structs.replace(context, endpoint_url=found.url, region=None)
