"""Where the tour's bucket is: a folder beside that of the app, or a stand-in of a service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import msgspec

from buckia.config.unreadable import Unreadable
from buckia.config.yaml_subset import read
from buckia.errors import PluginError
from buckia.plugins import Plugins

BUCKET = "pictures"
"""Its name in the file."""
LOCAL = "local"
BESIDE: Mapping[str, object] = {"root": "..", "bucket_name": "bucket"}
WISHES: Mapping[str, object] = {"delete_orphaned": True, "conflict_resolution": "keep_both"}
"""What the story is about, wherever the bucket is."""
WORDS = {
    "root": "where the bucket's folder is",
    "endpoint_url": "where the stand-in is, as long as this tour lasts",
    "delete_orphaned": "what is deleted on one side goes on the other side too",
}


class Venue(msgspec.Struct, frozen=True):
    provider: str
    keys: Mapping[str, object]
    """What leads to the bucket, as it stands in the file."""

    @property
    def is_folder(self) -> bool:
        """Whether the bucket is a folder, which stays when the tour is over."""
        return self.provider == LOCAL

    def config(self) -> str:
        """The text of the `.buckia` file."""
        kind = "a folder as the bucket" if self.is_folder else "the kind of bucket"
        words = {"provider": f"{kind}; any other kind is used the same way", **WORDS}
        keys = {"provider": self.provider, **self.keys, **WISHES}
        lines = [f"{BUCKET}:\n"]
        for key, value in keys.items():
            entry = f"  {key}: {self._scalar(key, value)}"
            lines.append(f"{entry:<30}  # {words[key]}\n" if key in words else f"{entry}\n")
        return "".join(lines)

    def _scalar(self, key: str, value: object) -> str:
        """A value on one line: JSON is YAML, and a text that YAML takes for itself is bare."""
        if isinstance(value, str):
            with suppress(Unreadable):
                if read(f"{key}: {value}")[0] == {key: value}:
                    return value
        try:
            return json.dumps(value, ensure_ascii=False)
        except TypeError:
            kind = type(value).__name__
            raise PluginError(
                f'the stand-in of the provider "{self.provider}" gave a {kind} as {key}, '
                "and a file cannot hold that"
            ) from None


@contextmanager
def venue(plugins: Plugins, provider: str) -> Iterator[Venue]:
    """A place for the tour on this kind of bucket; a stand-in runs until the end."""
    if provider == LOCAL:
        plugins.provider(LOCAL)
        yield Venue(LOCAL, BESIDE)
        return
    with plugins.demo_of(provider) as keys:
        for key in ("provider", *WISHES):
            if key in keys:
                raise PluginError(
                    f'the stand-in of the provider "{provider}" gave the key {key}, '
                    "which the tour sets by itself"
                )
        yield Venue(provider, keys)
