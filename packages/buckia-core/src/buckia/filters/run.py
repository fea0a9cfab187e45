"""What one run is narrowed to, by paths, patterns and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from buckia.errors import ConfigError
from buckia.filters.gitignore import octets
from buckia.filters.rules import Exclusion, Inclusion, Places, Rules, listed_alone
from buckia.keys import folders_above, problem

_PATHS_HINT = "paths are keys as the bucket has them: images/ for a folder, images/a.png for a file"


class _Place:
    """What the run wants of one folder."""

    __slots__ = ("closed", "exclusion", "inclusion", "inside", "path")

    def __init__(
        self,
        path: str,
        exclusion: Exclusion,
        inclusion: Inclusion | None,
        *,
        inside: bool,
        closed: bool = False,
    ) -> None:
        self.path = path
        self.exclusion = exclusion
        self.inclusion = inclusion
        self.inside = inside
        """It is, or lies in, a folder that is named by a path; or no paths are given."""
        self.closed = closed
        """Nothing below is taken."""


class RunFilter:
    """Which keys one run looks at. Each thing given narrows it further.

    `paths` are keys; one that ends with a slash is a folder, any other is the file of that name
    and all below a folder of that name. `include` and `exclude` are patterns as in a .gitignore
    file, each list for itself: nothing that is excluded otherwise comes back by them.
    `include_pattern` and `exclude_pattern` are regular expressions, searched in the whole key.
    """

    def __init__(
        self,
        *,
        paths: Sequence[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        include_pattern: str | None = None,
        exclude_pattern: str | None = None,
    ) -> None:
        named = _keys(paths)
        self._files = frozenset(key for key in named if not key.endswith("/"))
        self._folders = frozenset(key.removesuffix("/") for key in named)
        self._above = frozenset(above for key in named for above in ("", *folders_above(key)))
        included, excluded = listed_alone("--include", include), listed_alone("--exclude", exclude)
        self._inclusion = Inclusion(Rules(included)) if included else None
        self._exclusion = Exclusion(Rules(excluded))
        self._wanted = _compiled("include_pattern", include_pattern)
        self._unwanted = _compiled("exclude_pattern", exclude_pattern)
        self._places: Places[_Place] = Places(self._root, self._entered)
        self._excludes = bool(excluded)
        self._narrows = bool(
            named or included or excluded or self._wanted is not None or self._unwanted is not None
        )

    @property
    def narrows(self) -> bool:
        """Whether there are keys that this run may not look at."""
        return self._narrows

    def takes(self, key: str) -> bool:
        """Whether the run looks at this key; what it does not is neither touched nor forgotten."""
        if not self._narrows:
            return True
        folder, _, name = key.rpartition("/")
        place = self._places[folder]
        if place.closed or not (place.inside or key in self._files):
            return False
        return self._matches(place, octets(name)) and self._reads_well(key)

    def prunes(self, folder: str) -> bool:
        """Whether the run certainly looks at nothing below the folder."""
        return self._narrows and self._places[folder.removesuffix("/")].closed

    def takes_all(self, folder: str) -> bool:
        """Whether it certainly looks at all keys below the folder."""
        if not self._narrows:
            return True
        is_plain = self._inclusion is None and self._wanted is None and self._unwanted is None
        return is_plain and not self._excludes and self._places[folder.removesuffix("/")].inside

    def _matches(self, place: _Place, name: str) -> bool:
        path = place.path + name
        if place.inclusion is not None and not place.inclusion.takes(path, name):
            return False
        rule = place.exclusion.file_rule(path, name)
        return rule is None or rule.negative

    def _reads_well(self, key: str) -> bool:
        if self._wanted is not None and not self._wanted.search(key):
            return False
        return self._unwanted is None or not self._unwanted.search(key)

    def _root(self) -> _Place:
        return _Place("", self._exclusion, self._inclusion, inside=not self._above)

    def _entered(self, above: _Place, folder: str, name: str) -> _Place:
        if above.closed:
            return above
        path, name = octets(folder) + "/", octets(name)
        inside = above.inside or folder in self._folders
        rule = above.exclusion.folder_rule(path[:-1], name)
        inclusion = above.inclusion and above.inclusion.below(path, name)
        closed = (
            not (inside or folder in self._above)
            or (rule is not None and not rule.negative)
            or (inclusion is not None and inclusion.hopeless)
        )
        return _Place(path, above.exclusion.below(path), inclusion, inside=inside, closed=closed)


def _keys(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths as keys; a leading `./` is forgiven, what can be no key is an error."""
    if isinstance(paths, str):
        raise ConfigError(f"paths is a list of keys, not a single text: {paths!r}")
    named = tuple(path.removeprefix("./") for path in paths)
    for path, key in zip(paths, named, strict=True):
        if wrong := problem(key.removesuffix("/")):
            raise ConfigError(f"the path {path!r} names no key: {wrong}", hint=_PATHS_HINT)
    return named


def _compiled(option: str, pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    if not pattern:
        raise ConfigError(f"{option} is empty, and would be found in every key")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:  # all three come of odd patterns
        raise ConfigError(
            f"{option}: {pattern!r} is no regular expression: {error}",
            hint="patterns like *.jpg belong to include and exclude; as a regular expression"
            r" that is \.jpg$",
        ) from error
