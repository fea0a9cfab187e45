"""A user's content becomes that of the demo, and comes back from the trash if that was a mistake.

The database decides. Until it is replaced nothing that was there is gone; from then on a run that
was killed is finished by the next reset or sync, whichever comes first. So is one that was killed
before, for what somebody asked for is done in the end, and all of it can be undone.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from buckia.client.cloning import Cloning, insist
from buckia.config import BucketConfig
from buckia.config.demo import demo_folder, user_folder
from buckia.databases import checks, opening, peeking
from buckia.databases.faults import sqlite_faults
from buckia.engine.run import run
from buckia.errors import BuckiaError, ConfigError, Incomplete, Unsound
from buckia.events import Noticed
from buckia.model import Direction, Policy
from buckia.plan.guards import Allowance
from buckia.reconcile import Rules
from buckia.results import AppReset, Kept, SyncResult
from buckia.showcase.files import steps
from buckia.showcase.journal import Journal, Phase, Reset
from buckia.state.folder import PairFolder

_TRIES = 5
"""How often a database that its app writes to is asked for a moment of rest."""
_ANY = Allowance(count=2**62)


def journal_of(folder: PairFolder) -> Journal:
    return Journal(folder.path / "reset.json")


def under_way(config: BucketConfig, folder: PairFolder) -> Reset | None:
    """The reset that was cut off, if one was; it has to be about what is configured now."""
    journal = journal_of(folder)
    found = journal.read()
    if found is None:
        return None
    named = None
    if config.demo is not None:
        source = demo_folder(config.demo, config.folders, config.prefix)
        named = (user_folder(config.folders), source)
    if named != (found.user, found.source):
        raise ConfigError(
            f"{config.name}: a reset of {found.user or 'all'} to {found.source} was cut off, and is"
            " not what the configuration is about now",
            hint="put `folders` and `demo` back and run `buckia sync`, which finishes it, or remove"
            f" {journal.path} to leave all as it is",
        )
    return found


def reset(cloning: Cloning) -> AppReset:
    """Do all of it anew, after what one that was cut off left to do."""
    journal = journal_of(cloning.pair.folder)
    before = under_way(cloning.config, cloning.pair.folder)
    if before is not None:
        # It ends with the copy of the demo that it began with, which must not change under it.
        finish(cloning, journal, before)
    cloning.fetch()
    _insist_on_fit(cloning)
    for origin in cloning.pair.missing:
        cloning.pair.make(origin)
    cloning.pair = msgspec.structs.replace(cloning.pair, missing=())
    planned = steps(cloning.there().keys(), cloning.here().keys(), cloning.key)
    found = Reset(
        began=before.began if before is not None else datetime.now(UTC),
        phase=Phase.PLACING,
        user=cloning.user,
        source=cloning.source,
        before=_last(cloning)[0],
        added=planned.added,
        rest=planned.rest,
    )
    journal.write(found)
    return finish(cloning, journal, found)


def finish(cloning: Cloning, journal: Journal, found: Reset) -> AppReset:
    """Go on from where it is."""
    if found.phase is Phase.PLACING:
        cloning.clone(found.added)
        if not _is_replaced(cloning, found):
            _replace_database(cloning)
        found = msgspec.structs.replace(found, phase=Phase.REPLACING)
        journal.write(found)
    if found.phase is Phase.REPLACING:
        cloning.clone(found.rest, delete=True)
        found = msgspec.structs.replace(found, phase=Phase.SENDING)
        journal.write(found)
    sent = _sent(cloning)
    if not (sent.failed or sent.interrupted):
        journal.remove()
    return AppReset(
        name=cloning.pair.name,
        folder=cloning.user,
        began=found.began,
        kept=_kept(cloning, found.began),
        sent=sent,
    )


def resume(cloning: Cloning) -> None:
    """Finish a reset that was cut off, before anything else is done."""
    journal = journal_of(cloning.pair.folder)
    found = under_way(cloning.config, cloning.pair.folder)
    if found is None:
        return
    done = finish(cloning, journal, found)
    insist(done.sent)
    cloning.pair.tell(
        Noticed(
            bucket=cloning.pair.name,
            message=f"the reset of {found.began:%Y-%m-%d %H:%M} UTC was cut off, and is done now",
        )
    )


def _is_replaced(cloning: Cloning, found: Reset) -> bool:
    """Whether that was done before a kill: what was written to it since is the user's."""
    here, there = _last(cloning)
    return here != found.before and there == cloning.there()[cloning.key].version


def _last(cloning: Cloning) -> tuple[str, str]:
    """The versions of the database, here and in the demo, when it was cloned last."""
    row = cloning.known([cloning.key]).get(cloning.key)
    return (row.left, row.right) if row is not None else ("", "")


def _replace_database(cloning: Cloning) -> None:
    """From here on the new content holds."""
    for left in reversed(range(_TRIES)):
        try:
            cloning.clone([cloning.key])
        except Incomplete:
            if not left:
                raise
        else:
            return


def _insist_on_fit(cloning: Cloning) -> None:
    """Before anything is changed: whether an app that has its database open can go on with it."""
    live = cloning.live
    if not peeking.peek(live):
        return
    with sqlite_faults(cloning.key), opening.reading(live) as connection:
        here = checks.nature(connection)
    with sqlite_faults(cloning.key):
        coming = checks.at_rest(cloning.database)
    try:
        wrong = checks.misfit(checks.nature(coming), here)
    finally:
        coming.close()
    if wrong:
        raise Unsound(
            f"the demo's database does not fit: {wrong}",
            key=cloning.key,
            hint="update the app where it is older, or wait for the demo team to follow",
        )


def _sent(cloning: Cloning) -> SyncResult:
    """Make the bucket what is here now. What others have written since comes into the trash."""
    rules = Rules(
        direction=Direction.PUSH,
        delete_orphaned=True,
        policy=Policy.LOCAL_WINS,
        explicit_policy=True,
    )
    settings = msgspec.structs.replace(cloning.settings, rules=rules, allowance=_ANY)
    pair = cloning.narrowed([cloning.user]) if cloning.user else cloning.pair
    try:
        return run(pair, settings, cloning.callbacks)
    except BuckiaError as error:
        here = "here all is as the demo has it; the bucket follows with the next `buckia sync`"
        error.hint = f"{error.hint}; {here}" if error.hint else here
        raise


def _kept(cloning: Cloning, began: datetime) -> tuple[Kept, ...]:
    found = []
    for item in cloning.pair.folder.trash.items(prefix=cloning.user):
        if item.when < began:
            break
        found.append(Kept(item.key, item.side, item.path))
    return tuple(sorted(found, key=lambda one: one.path))
