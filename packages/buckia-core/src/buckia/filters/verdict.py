"""Whether a key takes part, from the built-in defaults, the ignore files and the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

from buckia.filters.gitignore import Rule, octets, rule_of, rules_of
from buckia.filters.rules import Exclusion, Inclusion, Places, Rules, listed, listed_alone
from buckia.keys import is_ours

DEFAULTS = (".git/", ".env*", "*.pem", "id_rsa*", "id_ed25519*")
"""Excluded unless a later `!pattern` brings it back; all but the first because it may be secret."""
_OURS_BEGIN = (".b", ".B")
"""How the names that `is_ours` knows begin."""


class Verdict(Enum):
    """What the filters say about a key."""

    TAKES_PART = auto()
    EXCLUDED = auto()
    SECRET = auto()
    """Excluded by default, because such names hold secrets; people should be told."""
    OURS = auto()
    """Configuration, state or a temporary file of Buckia: nothing brings it back."""


class _Place:
    """What is known of one folder. `answer` is that for all that lies below, if there is one."""

    __slots__ = (
        "answer",
        "exact",
        "exclusion",
        "hidden",
        "ignored",
        "inclusion",
        "open",
        "others",
        "path",
        "prefixes",
        "suffixes",
    )

    def __init__(
        self,
        path: str,
        exclusion: Exclusion,
        inclusion: Inclusion | None,
        ignored: tuple[Rule, ...],
        hidden: Verdict | None = None,
    ) -> None:
        self.path = path
        self.exclusion = exclusion
        self.inclusion = inclusion
        self.ignored = ignored
        """The defaults and the rules of the ignore files from the root down to here."""
        self.hidden = hidden
        """The verdict on the folder, where not all that lies below shares it."""
        self.answer: Verdict | None = None
        included = inclusion is None or inclusion.certain
        self.open = included and hidden is None and not exclusion.near
        """A name that the gate lets pass takes part. The gate stands here to be at hand."""
        gate = exclusion.rules.file_gate
        self.exact, self.others = gate.exact, gate.others
        self.prefixes, self.suffixes = gate.prefixes, gate.suffixes


class Filters:
    """The verdict on each key; the last pattern that matches decides, as in git.

    The order is: `DEFAULTS`, the ignore files from the root down, `exclude`. What lies below an
    excluded folder cannot be brought back. `include`, where given, names all that takes part: a
    key whose last match, of itself and of the folders above it, is a pattern without `!`.

    `ignore_texts(folder)` gives the texts of the ignore files of a folder ("" for the root, no
    slash at the end), the later ones overruling the earlier. It is asked when a folder is first
    looked into, never for one below which nothing can take part; and again only for a folder
    that was not asked about for thousands of folders, so it must answer the same each time. What
    it raises is passed on. A text is the file's bytes decoded as UTF-8 with `surrogateescape`,
    with its line ends as they are.
    """

    def __init__(
        self,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        ignore_texts: Callable[[str], Sequence[str]],
    ) -> None:
        included = listed_alone("include", include)
        self._inclusion = Inclusion(Rules(included)) if included else None
        self._exclude = listed("exclude", exclude)
        self._defaults = tuple(map(rule_of, DEFAULTS))
        self._secret = frozenset(self._defaults[1:])
        self._ignore_texts = ignore_texts
        self._closed = {one: _closed_place(one) for one in Verdict if one is not Verdict.TAKES_PART}
        self._places: Places[_Place] = Places(self._root, self._entered)

    def verdict(self, key: str) -> Verdict:
        """What holds for the key; for one that ends with a slash, what holds for that folder.

        A folder takes part unless all that lies below it shares another verdict.
        """
        folder, _, name = key.rpartition("/")
        place = self._places[folder]
        if place.answer is not None:
            return Verdict.OURS if is_ours(key) else place.answer
        if not name.isascii():
            name = octets(name)
        if not place.open or (
            name in place.exact
            or name.startswith(place.prefixes)
            or name.endswith(place.suffixes)
            or (place.others is not None and place.others(name))
        ):
            return self._judged(place, name)
        return Verdict.TAKES_PART

    def prunes(self, folder: str) -> bool:
        """Whether certainly nothing below the folder takes part, so nobody need look into it."""
        place = self._places[folder.removesuffix("/")]
        return place.answer is not None or place.hidden is not None

    def _judged(self, place: _Place, name: str) -> Verdict:
        """The verdict on a name that some rule may match."""
        if not name:
            return place.hidden or Verdict.TAKES_PART
        if is_ours(name):
            return Verdict.OURS
        path = place.path + name
        if place.inclusion is not None and not place.inclusion.takes(path, name):
            return Verdict.EXCLUDED
        return place.hidden or self._meaning(place.exclusion.file_rule(path, name))

    def _meaning(self, rule: Rule | None) -> Verdict:
        if rule is None or rule.negative:
            return Verdict.TAKES_PART
        return Verdict.SECRET if rule in self._secret else Verdict.EXCLUDED

    def _entered(self, above: _Place, folder: str, name: str) -> _Place:
        """What holds in a folder, from what holds in the one above."""
        if above.answer is not None:
            return above
        if is_ours(name + "/"):
            return self._closed[Verdict.OURS]
        path, name = octets(folder) + "/", octets(name)
        inclusion = above.inclusion and above.inclusion.below(path, name)
        if inclusion and inclusion.hopeless:
            return self._closed[Verdict.EXCLUDED]
        hidden = above.hidden or self._meaning(above.exclusion.folder_rule(path[:-1], name))
        if hidden is Verdict.TAKES_PART:
            return self._place(folder, path, inclusion, above)
        if hidden is Verdict.EXCLUDED or inclusion is None or inclusion.certain:
            return self._closed[hidden]
        # Of what lies in a secret folder, only that is worth a word which is named by `include`.
        return _Place(path, above.exclusion, inclusion, above.ignored, hidden)

    def _place(self, folder: str, path: str, inclusion: Inclusion | None, above: _Place) -> _Place:
        own = self._own_rules(folder)
        if not own:
            return _Place(path, above.exclusion.below(path), inclusion, above.ignored)
        ignored = (*above.ignored, *own)
        return _Place(path, Exclusion(self._rules(ignored), path), inclusion, ignored)

    def _root(self) -> _Place:
        ignored = (*self._defaults, *self._own_rules(""))
        return _Place("", Exclusion(self._rules(ignored)), self._inclusion, ignored)

    def _own_rules(self, folder: str) -> list[Rule]:
        return [rule for text in self._ignore_texts(folder) for rule in rules_of(text, folder)]

    def _rules(self, ignored: Sequence[Rule]) -> Rules:
        return Rules((*ignored, *self._exclude), prefixes=_OURS_BEGIN)


def _closed_place(verdict: Verdict) -> _Place:
    """The same for all folders below which nothing takes part for the same reason."""
    place = _Place("", Exclusion(Rules(())), None, ())
    place.answer = verdict
    return place
