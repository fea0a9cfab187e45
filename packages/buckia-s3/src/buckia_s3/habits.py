"""What an endpoint really honours, as it was found out by trying."""

from __future__ import annotations

from typing import Literal

import msgspec

Form = Literal["quoted", "bare"]


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is taken for granted: each habit is off until it was seen."""

    creates: bool = False
    """`If-None-Match: *` keeps a write from replacing an object."""
    replaces: Form | None = None
    """How the ETag in an `If-Match` has to be written for it to work; None: it never does."""
    completes: bool = False
    """Both conditions hold for an object that comes in parts, too."""
    deletes: bool = False
    """`If-Match` keeps a delete from taking another version."""
    copies: bool = False
    """Both conditions hold for the target of a copy."""
    batches: bool = False
    """Many keys can be deleted in one request."""
    tags_are_md5: bool = False
    """The ETag of a plain object is the MD5 of its bytes."""
    tags_of_parts: bool = False
    """The ETag of an object that came in parts is the MD5 of their MD5s."""
    checks: Literal["sha256", "md5"] | None = None
    """The checksum by which a body that was damaged on its way is refused."""
    checks_parts: bool = False
    """A part that is not the one of the MD5 that came with it is refused."""
    drops_metadata: bool = False
    """What is told of an object besides its bytes is lost: its time and its digest."""
    loses_tags: bool = False
    """An object forgets its tags where it is copied with other metadata, or comes in parts."""
    counts_tags: bool = False
    """A HEAD tells how many tags there are, and nothing where there are none; only known of
    endpoints that lose them.
    """

    refused: bool = False
    """The credentials were not allowed to try everything: what is off may be on for others."""

    @property
    def lacks(self) -> frozenset[str]:
        """The abilities that the store's class has and this endpoint has not."""
        writes = self.creates and self.replaces is not None
        offered = {
            "WritesConditionally": writes,
            # What is begun is written under a condition.
            "BeginsWrites": writes,
            "DeletesConditionally": self.deletes,
            "DeletesMany": self.batches,
            # A copy of any size has to honour it, also one that is made in parts.
            "CopiesConditionally": self.copies and self.completes,
        }
        return frozenset(name for name, is_there in offered.items() if not is_there)


UNKNOWN = Habits()
