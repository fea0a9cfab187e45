"""One command while it runs: its file, its plugins, its secrets, its output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from buckia.cli import memory
from buckia.cli.document import Document
from buckia.cli.files import found_file
from buckia.cli.flags import Flags
from buckia.cli.output import Output
from buckia.cli.terminal import Terminal
from buckia.config import BucketConfig, ConfigFile, load
from buckia.errors import ConfigError, Interrupted, PluginError
from buckia.plugins import Plugins
from buckia.secrets import Secrets

if TYPE_CHECKING:
    from buckia.cli.log import Log
    from buckia.cli.progress import Progress
    from buckia.client import BuckiaClient


class Opened(NamedTuple):
    """A bucket with which something is being done."""

    config: BucketConfig
    client: BuckiaClient
    progress: Progress


class Session:
    """What a command is given. `many` names the list that its JSON document always has.

    A provider's own commands are given one too, as the object of their click context.
    """

    def __init__(
        self, terminal: Terminal, flags: Flags, output: Output, *, many: str | None = None
    ) -> None:
        self.terminal = terminal
        self.flags = flags
        self.output = output
        self.document = Document(output, many)
        self.interrupted = False
        """Somebody asked to stop, so nothing new is begun."""
        self.log: Log | None = None
        self._warned: set[str] = set()

    @cached_property
    def plugins(self) -> Plugins:
        return Plugins(self.flags.disable_plugin, self.terminal.entry_points)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(
            self.terminal.environ,
            keyring=self.terminal.keyring,
            scheme=self.plugins.secret,
            redactor=self.output.redactor,
        )

    @cached_property
    def file(self) -> ConfigFile:
        """The `.buckia` file; its warnings are shown once."""
        path = found_file(self.terminal, self.flags)
        self.output.detail(f"Using {path}")
        file = load(path)
        self._warn(file.warnings)
        return file

    def chosen(self, names: Sequence[str]) -> list[BucketConfig]:
        """The buckets of these names, each once, in their order; all of the file without any."""
        return [self.file.bucket(name) for name in dict.fromkeys(names or self.file.buckets)]

    def one(self, name: str | None) -> BucketConfig:
        """The bucket of this name; without one the only bucket of the file, never the first."""
        if name is not None:
            return self.file.bucket(name)
        buckets = self.file.buckets
        if len(buckets) > 1:
            raise ConfigError(
                f"{self.file.path} holds {len(buckets)} buckets, and this works on one",
                hint=f"Name it with --bucket: {', '.join(buckets)}",
            )
        return next(iter(buckets.values()))

    def check_interrupted(self) -> None:
        """Raise when somebody asked to stop: what was found until then is not all there is."""
        if self.interrupted:
            raise Interrupted("interrupted", hint="run it again")

    def load_hooks(self, *, strict: bool = False) -> None:
        """Load the plugins that only have hooks; a broken one is an error where it must be.

        A hook that may veto a sync must not be missing from one unnoticed.
        """
        for broken in self.plugins.hooks():
            hint = f"To go on without it: --disable-plugin {broken.name}"
            if strict:
                raise PluginError(broken.reason, hint=hint)
            self.output.warn(broken.reason, hint)

    @contextmanager
    def opened(self, config: BucketConfig) -> Iterator[Opened]:
        """A client of this bucket, whose events are shown and logged."""
        from buckia.cli.progress import progress_for

        memory.share()
        with progress_for(self.output, config.name, self.log) as progress:
            try:
                with self.terminal.open_client(
                    config, plugins=self.plugins, secrets=self.secrets, on_event=progress
                ) as client:
                    yield Opened(config, client, progress)
            finally:
                self._warn(self.secrets.warnings)

    def _warn(self, messages: Sequence[str]) -> None:
        for message in messages:
            if message not in self._warned:
                self._warned.add(message)
                self.output.warn(message)
