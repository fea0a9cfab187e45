"""From a configuration to an opened pair: the bucket, the local roots, the state, the scope."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from buckia import keys
from buckia.body import chunks
from buckia.config import BucketConfig, resolve_options
from buckia.engine.limits import Limits, Stop
from buckia.engine.mount import Mount
from buckia.engine.pair import Pair
from buckia.engine.side import Side
from buckia.errors import ConfigError, InvalidKey, NotFound, StorageError
from buckia.events import Tell
from buckia.filters import Filters, RunFilter
from buckia.model import Direction, SideName
from buckia.plugins import Plugins
from buckia.protocols import Storage
from buckia.provider import Context
from buckia.scope import Judgement, Place, Scope
from buckia.secrets import Secrets
from buckia.state.folder import PairId, StateFolder
from buckia.stores.app import AppFolder
from buckia.stores.local.faults import fault

IGNORE = ".buckiaignore"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where the paths of a configuration lie."""

    config: BucketConfig
    base: Path
    """The folder that the local paths of the configuration are relative to."""
    state: Path


def ground(config: BucketConfig, local_path: str | os.PathLike[str] | None) -> Ground:
    """Without a file and without a path, everything is relative to the current folder."""
    home = config.where.directory
    base = Path(local_path) if local_path is not None else home or Path()
    # One folder is one pair, by whatever way it was reached.
    base = base.expanduser().resolve()
    beside = home.resolve() if home is not None else base
    return Ground(config=config, base=base, state=beside / Path(config.state_dir).expanduser())


def open_state(place: Ground, *, read_only: bool) -> StateFolder:
    return StateFolder(place.state, read_only=read_only)


def pair_id(place: Ground) -> PairId:
    config = place.config
    first = config.paths[0].path if config.paths else ""
    return PairId(
        provider=config.provider,
        endpoint=_public(config.endpoint_url or config.domain or config.region or ""),
        bucket_name=config.bucket_name,
        prefix=_part(config),
        root=str((place.base / Path(first).expanduser()).resolve()),
    )


def _part(config: BucketConfig) -> str:
    """Which part of the bucket it is, for the base.

    A tree of layers is known by the nearest, whatever lies below it: where another layer is put
    in or taken out, both sides go on from what they agreed on. No prefix ends like this.
    """
    return f"{config.prefix}{config.layers[-1]}/(layers)" if config.layers else config.prefix


def open_bucket(place: Ground, plugins: Plugins, secrets: Secrets, *, tag: str) -> Storage:
    """The bucket of a configuration; touches no network."""
    config = place.config
    provider = plugins.provider(config.provider)
    options = resolve_options(config, provider, secrets=secrets)
    storage = provider.open(options, context(place, tag=tag))
    if not config.layers:
        return storage
    from buckia.stores.layered import LayeredStore

    return LayeredStore(storage, config.prefix, config.layers)


def context(place: Ground, *, tag: str) -> Context:
    """What a provider is told of a bucket besides its own options."""
    config = place.config
    return Context(
        bucket_name=config.bucket_name,
        base=config.where.directory or Path.cwd(),
        domain=config.domain,
        region=config.region,
        endpoint_url=config.endpoint_url,
        timeout=config.timeout,
        max_workers=config.max_workers,
        checksum_algorithm=config.checksum_algorithm,
        notes=place.state / "notes" / config.provider,
        tag=tag,
        folders=_within(config),
    )


def _within(config: BucketConfig) -> tuple[str, ...]:
    """The folders outside of which a bucket lists nothing; none where all of it may be seen."""
    if config.layers:
        return tuple(f"{config.prefix}{layer}/" for layer in config.layers)
    return listable(config) if config.folders else ()


def listable(config: BucketConfig) -> tuple[str, ...]:
    """What keys of the bucket begin with that may be listed: its folders, or else its prefix."""
    folders = sorted(f"{folder}/" for folder in config.folders) or [""]
    return tuple(config.prefix + folder for folder in folders)


class Opening:
    """Opens one pair; closing it closes all stores."""

    def __init__(self, place: Ground, storage: Storage, state: StateFolder, stop: Stop) -> None:
        self._place = place
        self._config = place.config
        self._storage = storage
        self._state = state
        self._stop = stop
        self._stack = ExitStack()
        self._mounts: dict[str, Mount] = {}
        self._overlaid: list[Mount] = []
        self._unreadable: dict[str, str] = {}
        self._paths: dict[str, Path] = {}
        """The folder of each root and the file of each mapping, by origin."""

    def pair(self, run: RunFilter, tell: Tell) -> Pair:
        config = self._config
        folder = self._state.pair(pair_id(self._place))
        # What happens on this machine alone is tried again too, but never held back.
        free = Limits(retries=config.retries, stop=self._stop, tell=tell, bucket=config.name)
        limits = Limits(
            retries=config.retries,
            requests_per_second=config.requests_per_second,
            bandwidth=self._bandwidth,
            stop=self._stop,
            tell=tell,
            bucket=config.name,
        )
        places = self._roots()
        mapped = self._mapped()
        scope = Scope(
            roots=places,
            mapped=mapped,
            hidden=self._hidden(places, mapped),
            folders=config.folders,
            filters=Filters(
                include=config.include, exclude=config.exclude, ignore_texts=self._ignored
            ),
            run=run,
            state=self._state_keys(places),
            unreadable=self._unreadable,
        )
        self._mount_all(scope)
        self._insist_apart(places)
        right = Side(SideName.RIGHT, {"": Mount(self._storage, "", config.prefix)}, limits)
        return Pair(
            name=config.name,
            id=folder.pair,
            left=Side(SideName.LEFT, self._mounts, free),
            right=right,
            scope=scope,
            limits=limits,
            tell=tell,
            state=self._state,
            folder=folder,
            missing=self._missing(places),
            make=self._make,
            is_empty=self._is_empty,
        )

    def again(self, pair: Pair, run: RunFilter) -> Pair:
        """The same pair, for one more run that looks at other keys."""
        pair.scope.run = run
        return msgspec.structs.replace(pair, missing=self._missing(pair.scope.roots))

    def folder(self, place: Place, prefix: str) -> Path:
        """The folder in which the keys with this prefix lie, of a root whose keys may have it."""
        return self._folder(place.origin) / prefix.removeprefix(place.to)

    def key_of(self, path: Path, scope: Scope) -> tuple[str, Place] | None:
        """The key under which a local file is synced, and where; None where it takes no part."""
        for key, place in scope.mapped.items():
            if self._lies(self._folder(place.origin), path) == ".":
                return key, place
        for place in scope.roots:
            inside = self._lies(self._folder(place.origin), path)
            if inside and scope.standing(place.to + inside) is Judgement.TAKE:
                return place.to + inside, place
        return None

    def _lies(self, folder: Path, path: Path) -> str | None:
        """As `_inside`, also where one of them is reached by a link."""
        return self._inside(folder, path) or self._inside(folder.resolve(), path.resolve())

    def _missing(self, places: Sequence[Place]) -> Sequence[str]:
        return [one.origin for one in places if not self._is_there(one.origin)]

    def close(self) -> None:
        self._stack.close()

    def _bandwidth(self) -> float | None:
        limit = self._config.bandwidth
        return None if limit is None else limit.at(datetime.now().astimezone().time())

    def _folder(self, origin: str) -> Path:
        return self._paths[origin]

    def _name(self, origin: str, path: str) -> str:
        """Note where an origin lies; its name is what base rows know it by."""
        self._paths[origin] = self._place.base / Path(path).expanduser()
        return origin

    def _roots(self) -> tuple[Place, ...]:
        found = []
        for root in self._config.paths:
            # One folder may stand for several parts of the bucket.
            origin = f"{root.path} to {root.to}" if root.path in self._paths else root.path
            found.append(Place(self._name(origin, root.path), root.direction, root.to))
        return tuple(found)

    def _make(self, origin: str) -> None:
        folder = self._folder(origin)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise ConfigError(f"{folder} is a file, not a folder to sync") from None
        except OSError as error:
            raise ConfigError(f"the folder {folder} cannot be made: {error.strerror}") from error

    def _is_there(self, origin: str) -> bool:
        with _looking(self._folder(origin)) as folder:
            return folder.is_dir()

    def _is_empty(self, origin: str) -> bool:
        with _looking(self._folder(origin)) as folder, os.scandir(folder) as found:
            return all(keys.is_ours(entry.name) for entry in found)

    def _store(
        self,
        folder: Path,
        prune: Callable[[str], bool] | None = None,
        databases: Collection[str] = (),
    ) -> AppFolder:
        store = AppFolder(
            folder,
            tag=self._state.tag,
            follow_symlinks=self._config.follow_symlinks,
            prune=prune,
            probe=self._place.state,
            databases=databases,
        )
        self._stack.callback(store.close)
        return store

    def _mount_all(self, scope: Scope) -> None:
        for place in scope.roots:
            store = self._store(self._folder(place.origin), _pruning(scope, place))
            mount = self._mounts[place.origin] = Mount(store, place.to, "")
            self._overlaid.append(mount)
        if not scope.mapped:
            return
        named = frozenset(self._config.databases.values())
        below: dict[str, str] = {}
        for key, place in scope.mapped.items():
            file = self._folder(place.origin)
            inside = self._inside(self._place.base, file)
            if inside is not None:
                below[key] = inside
                continue
            store = self._store(file.parent, databases={file.name} if key in named else ())
            self._mounts[place.origin] = Mount(store, key, file.name)
        base = self._store(self._place.base, databases={below[key] for key in named & below.keys()})
        for key, inside in below.items():
            self._mounts[scope.mapped[key].origin] = Mount(base, key, inside)

    def _mapped(self) -> dict[str, Place]:
        """The places of single files, by key."""
        config = self._config
        tables = (
            (config.files, Direction.BOTH),
            (config.upload_files, Direction.PUSH),
            (config.databases, Direction.BOTH),
        )
        return {
            key: Place(self._name(f"{path} as {key}", path), direction)
            for table, direction in tables
            for path, key in table.items()
        }

    def _hidden(self, roots: Sequence[Place], mapped: Mapping[str, Place]) -> set[tuple[str, str]]:
        """Mapped files that also lie in a root: there they have no key of their own."""
        hidden: set[tuple[str, str]] = set()
        for key, place in mapped.items():
            for root in roots:
                inside = self._inside(self._folder(root.origin), self._folder(place.origin))
                if inside is not None and root.to + inside != key:
                    hidden.add((root.origin, root.to + inside))
        return hidden

    def _state_keys(self, roots: Sequence[Place]) -> list[str]:
        """The state folder as a key, where it lies in a root."""
        found = (
            (root, self._inside(self._folder(root.origin), self._place.state)) for root in roots
        )
        return [root.to + inside for root, inside in found if inside]

    def _inside(self, folder: Path, path: Path) -> str | None:
        """The path below the folder with slashes; None where it does not lie there."""
        here, there = os.path.normpath(folder), os.path.normpath(path)
        try:
            return Path(there).relative_to(here).as_posix()
        except ValueError:
            return None

    def _insist_apart(self, roots: Sequence[Place]) -> None:
        """A bucket that is a folder must not lie in a root, nor a root in it."""
        bucket = getattr(self._storage, "root", None)
        if not isinstance(bucket, Path):
            return
        for place in roots:
            root = self._folder(place.origin)
            if self._inside(root, bucket) is not None or self._inside(bucket, root) is not None:
                here, there = os.path.normpath(root), os.path.normpath(bucket)
                relation = "are the same" if here == there else "lie in one another"
                raise ConfigError(
                    f"the bucket's folder {there} and the synced folder {here} {relation}",
                    hint="give the bucket another `root`, or name the folders to sync in `paths`",
                )

    def _ignored(self, folder: str) -> Sequence[str]:
        """The ignore files of a folder; those of the first root come last and so overrule."""
        texts = []
        key = f"{folder}/{IGNORE}" if folder else IGNORE
        for mount in reversed(self._overlaid):
            if key.startswith(mount.outer):
                text = self._text(mount, key)
                if text is not None:
                    texts.append(text)
        return texts

    def _text(self, mount: Mount, key: str) -> str | None:
        try:
            with mount.storage.read(mount.inside(key)) as reading:
                return b"".join(chunks(reading)).decode("utf-8", "surrogateescape")
        except (NotFound, InvalidKey):
            return None
        except StorageError as error:
            # Until it can be read nothing beside or below it takes part, and nothing is forgotten.
            self._unreadable[key.rpartition("/")[0]] = error.message
            return "*"


def file_of(pair: Pair, key: str, origin: str) -> Path:
    """Where a key lies on the local side."""
    mount = pair.left.mount(origin)
    root: Path = getattr(mount.storage, "root", Path())
    return root / mount.inside(key)


@contextmanager
def _looking(folder: Path) -> Iterator[Path]:
    """Where it cannot be seen whether a folder is there, or empty, nothing may be concluded."""
    try:
        yield folder
    except OSError as error:
        raise fault(error, "", called=str(folder)) from error


def _pruning(scope: Scope, place: Place) -> Callable[[str], bool]:
    return lambda name: scope.leaves(place.origin, place.to + name)


def _public(endpoint: str) -> str:
    """An address without the name and password that may stand in it."""
    parts = urlsplit(endpoint)
    if "@" not in parts.netloc:
        return endpoint
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
