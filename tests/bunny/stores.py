"""Stores on a fake Bunny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from buckia.provider import Context
from buckia.secrets import Secret
from buckia_bunny.opening import opened
from buckia_bunny.options import Options
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import FakeBunny


def store_on(fake: FakeBunny, kind: type[BunnyStore] = BunnyStore, **more: Any) -> BunnyStore:
    """The zone as a store; `more` are fields of the options and of the context."""
    context = {name: more.pop(name) for name in tuple(more) if name in Context.__struct_fields__}
    given = {"storage_api_key": Secret(fake.password), **more}
    place = {"bucket_name": fake.zone, "base": Path(), "endpoint_url": fake.endpoint, **context}
    store = opened(Options(**given), Context(**place))
    store._zone._pause = lambda _seconds: None
    return kind(store._zone, width=store._width, listings=store._listings, delivery=store._delivery)
