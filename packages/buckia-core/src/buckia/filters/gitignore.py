"""One line of a gitignore file as a rule that matches exactly what git matches.

Git compares bytes, so rules and names are compared as `octets`: text with one character for each
byte of its UTF-8. `?` is then one byte of `é`, as it is for git, and plain ASCII stays as it is.
A pattern becomes a regular expression in which every star but the last takes the first place that
fits and never comes back: the result is the same, and no pattern, however hostile, is slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits, punctuation

_SPECIAL = re.compile(r"[*?\[\\]")
_CLASS_ITEM = re.compile(
    r"\[:(?P<name>[^\]]*):\]|(?P<low>\\.|[^\\])-(?P<high>\\.|[^\]\\])|(?P<one>\\.|[^\\])", re.DOTALL
)
_CONTROL = "".join(map(chr, (*range(1, 32), 127)))
# What git's own character tables hold, whatever the locale: ASCII only, and four kinds of space.
_CLASSES = {
    "alnum": ascii_letters + digits,
    "alpha": ascii_letters,
    "blank": " \t",
    "cntrl": _CONTROL,
    "digit": digits,
    "graph": ascii_letters + digits + punctuation,
    "lower": ascii_lowercase,
    "print": ascii_letters + digits + punctuation + " ",
    "punct": punctuation,
    "space": " \t\n\r",
    "upper": ascii_uppercase,
    "xdigit": hexdigits,
}
_BYTE_ORDER_MARK = "\xef\xbb\xbf"


# The parts of a pattern that stand for more than one byte.
_WITHIN = "[^/]*"
_ANY_FOLDERS = "(?:.*/)?"
_ANYTHING = ".*"
_LAZY = {_ANY_FOLDERS: "(?:.*?/)??", _ANYTHING: ".*?"}


class Unmatchable(ValueError):
    """No name can ever match the pattern; the message is the reason."""


class Shape(Enum):
    """What a glob for a name comes down to; all but OTHER are compared without a search."""

    EXACT = "word"
    PREFIX = "word*"
    SUFFIX = "*word"
    OTHER = "expression"


@dataclass(frozen=True, eq=False)
class Rule:
    """A pattern, ready to match. Two rules are the same only when they are one and the same."""

    negative: bool
    """It began with `!`: what it matches takes part after all."""
    folders_only: bool
    by_name: bool
    """It is matched with the last segment alone; otherwise with the path below its own folder."""
    start: int
    """Where the path below the rule's own folder begins in a whole path."""
    head: str
    """What each matching path begins with."""
    slashes: int | None
    """How many slashes each matching path has; None when `**` makes it any number."""
    name: tuple[Shape, str] | None
    """What each matching name is like; None when that says little or nothing."""
    expression: str

    @cached_property
    def fits(self) -> Callable[..., re.Match[str] | None]:
        """The search itself. It is made when it is first needed, for most rules never are."""
        return re.compile(self.expression, re.DOTALL).fullmatch

    def matches(self, path: str, name: str) -> bool:
        """Whether it matches the file or folder of this path, whose last segment is the name."""
        if self.by_name:
            return self.fits(name) is not None
        return self.fits(path, self.start) is not None

    def reaches(self, folder: str) -> bool:
        """False when it certainly matches nothing below the folder, which ends with a slash."""
        folder = folder[self.start :]
        if self.by_name:
            return True
        if not self.head.startswith(folder) and not folder.startswith(self.head):
            return False
        return self.slashes is None or self.slashes >= folder.count("/")

    def reaches_inside(self, folder: str) -> bool:
        """The same, but of what lies directly in the folder."""
        if not self.reaches(folder):
            return False
        depth = folder.count("/", self.start)
        if self.by_name or self.slashes == depth:
            return True
        return self.slashes is None and self.head.count("/") <= depth


def octets(text: str) -> str:
    """One character for each byte of the text's UTF-8; undecodable bytes come back as they were."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:  # half a surrogate pair, which no encoding of file names gives
        return text.encode("utf-8", "surrogatepass").decode("latin-1")


def rules_of(text: str, folder: str = "") -> list[Rule]:
    """The rules of one ignore file, which lies in the folder ("" for the root).

    The text is that of the file decoded as UTF-8 with `surrogateescape`, line ends untouched.
    A pattern that can match nothing is passed over, as git does.
    """
    text = octets(text).removeprefix(_BYTE_ORDER_MARK)
    start = len(octets(folder)) + 1 if folder else 0
    rules = []
    for line in text.split("\n"):
        if line.startswith("#"):
            continue
        pattern = _trimmed(line.removesuffix("\r").partition("\x00")[0])
        try:
            rules.append(rule_of(pattern, start))
        except Unmatchable:
            continue
    return rules


def rule_of(pattern: str, start: int = 0) -> Rule:
    """The rule of one pattern, taken whole: here `#` and trailing spaces mean themselves.

    The pattern is given as octets. Raises Unmatchable where git would never match anything.
    """
    glob = pattern.removeprefix("!")
    negative, folders_only = glob != pattern, glob.endswith("/")
    glob = glob.removesuffix("/")
    if not glob:
        raise Unmatchable("it is empty")
    by_name = "/" not in glob
    # Git splits off the fixed beginning of paths, and of paths only. It shows in `x/a**/b`: the
    # stars are then the beginning of a pattern, and may stand for whole folders.
    fixed = 0 if by_name else _fixed_length(glob)
    head = glob[:fixed].removeprefix("/")
    expression, slashes = _translated(glob[fixed:])
    return Rule(
        negative=negative,
        folders_only=folders_only,
        by_name=by_name,
        start=start,
        head=head,
        slashes=None if slashes is None else slashes + head.count("/"),
        name=_shape(glob) if by_name else _last_shape(glob, fixed),
        expression=re.escape(head) + expression,
    )


def _trimmed(line: str) -> str:
    """Without the spaces at its end, unless a backslash keeps the first of them."""
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    escaped = backslashes % 2 and len(kept) < len(line)
    return kept + " " if escaped else kept


def _fixed_length(glob: str) -> int:
    special = _SPECIAL.search(glob)
    return special.start() if special else len(glob)


def _shape(glob: str) -> tuple[Shape, str]:
    """What a glob without slashes says about a name."""
    fixed = _fixed_length(glob)
    if fixed == len(glob):
        return Shape.EXACT, glob
    if fixed == len(glob) - 1 and glob.endswith("*"):
        return Shape.PREFIX, glob[:-1]
    if glob.startswith("*") and not _SPECIAL.search(glob, 1):
        return Shape.SUFFIX, glob[1:]
    return Shape.OTHER, _translated(glob)[0]


def _last_shape(glob: str, fixed: int) -> tuple[Shape, str] | None:
    """What a glob for paths says about the last segment, where that is easily told."""
    before, _, last = glob.rpartition("/")
    if not last.strip("*") or "[" in before:  # a slash may stand in a bracket
        return None
    if fixed and glob.startswith("**", fixed) and not glob[:fixed].endswith("/"):
        return None  # of `x/a**/b` even `ab` may be the name
    return _shape(last)


def _translated(glob: str) -> tuple[str, int | None]:
    """The regular expression of a glob, and how many slashes it stands for, if that is fixed."""
    parts = list(_parts(glob))
    crossings = [n for n, part in enumerate(parts) if part in _LAZY]
    if not crossings:
        return _joined(parts, last=True), parts.count("/")
    expression = _joined(parts[: crossings[0]], last=False)
    for start, end in zip(crossings, [*crossings[1:], None], strict=True):
        rest = _joined(parts[start + 1 : end], last=end is None)
        # What stands between two crossings fills whole folders, so that its first place is as
        # good as any later one.
        crossing = parts[start]
        expression += crossing + rest if end is None else f"(?>{_LAZY[crossing]}{rest})"
    return expression, None


def _joined(parts: list[str], *, last: bool) -> str:
    """Parts without crossings as one expression; `last` says that nothing comes after them."""
    stars = [n for n, part in enumerate(parts) if part == _WITHIN]
    if not stars:
        return "".join(parts)
    expression = "".join(parts[: stars[0]])
    for start, end in zip(stars, [*stars[1:], None], strict=True):
        rest = "".join(parts[start + 1 : end])
        expression += _WITHIN + rest if last and end is None else f"(?>{_WITHIN}?{rest})"
    return expression


def _parts(glob: str) -> Iterator[str]:
    """Expressions for one byte each, and those for more of them."""
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            part, at = _stars(glob, at)
        elif char == "[":
            part, at = _bracket(glob, at + 1)
        elif char == "\\":
            if at + 1 == len(glob):
                raise Unmatchable("nothing follows the backslash at its end")
            part, at = re.escape(glob[at + 1]), at + 2
        else:
            part, at = "[^/]" if char == "?" else re.escape(char), at + 1
        yield part


def _stars(glob: str, at: int) -> tuple[str, int]:
    """Two stars or more cross folders only where they fill a segment."""
    end = len(glob) - len(glob[at:].lstrip("*"))
    alone = (at == 0 or glob[at - 1] == "/") and (
        end == len(glob) or glob.startswith(("/", "\\/"), end)
    )
    if end - at == 1 or not alone:
        return _WITHIN, end
    return (_ANY_FOLDERS, end + 1) if glob.startswith("/", end) else (_ANYTHING, end)


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """What a bracket holds, from behind the `[`; and where the pattern goes on."""
    negated = glob.startswith(("!", "^"), at)
    at += negated
    members: set[int] = set()
    first = True
    while first or not glob.startswith("]", at):
        item = _CLASS_ITEM.match(glob, at)
        if item is None:
            raise Unmatchable("a `[` is not closed")
        members.update(_members(item))
        at, first = item.end(), False
    slash = {ord("/")}  # a bracket never matches a slash, whatever it says
    chosen = members | slash if negated else members - slash
    if not chosen:
        raise Unmatchable("a `[...]` holds nothing")
    listed = "".join(f"\\x{member:02x}" for member in sorted(chosen))
    return f"[{'^' if negated else ''}{listed}]", at + 1


def _members(item: re.Match[str]) -> Iterable[int]:
    name, low, high, one = item.group("name", "low", "high", "one")
    if one:
        return (ord(one[-1]),)
    if low:  # git takes the first one by itself before it sees the range: [c-a] holds a c
        return {ord(low[-1]), *range(ord(low[-1]), ord(high[-1]) + 1)}
    if name not in _CLASSES:
        raise Unmatchable(f"there is no class [:{name}:]")
    return map(ord, _CLASSES[name])
