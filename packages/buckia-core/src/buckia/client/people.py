"""The folders of users: each has the name of an ID that nobody can guess."""

from __future__ import annotations

from buckia.engine.moved import put_note
from buckia.engine.pair import Pair, probe
from buckia.engine.publishing import publish
from buckia.errors import ConfigError
from buckia.events import Noticed
from buckia.ids import new_user_id
from buckia.keys import USER_NOTE


def insist_on_folders(pair: Pair) -> None:
    """People's folders are those of the bucket, and not of a tree that some of them make."""
    if pair.right.layers:
        raise ConfigError(
            f"{pair.name} shows the folders {', '.join(pair.right.layers)} as one tree",
            hint="name a bucket of the `.buckia` file that has no `layers`",
        )


def new_user(pair: Pair) -> str:
    """Make an ID and its folder, over nothing that is there; the ID.

    A bucket has no empty folders, so a note is what makes it one. It is none of the user's files:
    no sync takes it for one, nor the folder for filled.
    """
    insist_on_folders(pair)
    name = new_user_id()
    probe(pair)
    put_note(pair.right, f"{name}/{USER_NOTE}", {})
    for failure in publish(pair):
        pair.tell(Noticed(message=f"{failure.path}: {failure.message}"))
    return name
