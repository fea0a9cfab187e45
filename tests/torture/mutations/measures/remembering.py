"""What keeps the state from saying what was not seen, and the trash from losing a version."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

STATE = "buckia/state"
SCHEMA = "tests/state/test_schema.py"
MANIFEST = "tests/state/test_manifest.py"
LOCK = "tests/state/test_lock.py"
TRASH = "tests/state/test_trash.py"
FOLDER = "tests/state/test_folder.py"
CLOCK = "tests/engine/test_a_wrong_clock.py"

MUTATIONS = (
    Mutation(
        name="the lock of a pair is held by anybody who asks",
        file=f"{STATE}/lock.py",
        text="        try:\n            _seize(handle)\n",
        instead="        try:\n            pass\n",
        why="two runs would take each other's half-done work for strangers' edits",
        tests=of(LOCK, "a_second_holder_is_refused_and_told_who_holds_it"),
    ),
    Mutation(
        name="a lock file that was removed in between guards all the same",
        file=f"{STATE}/lock.py",
        text="                if not self._is_there(handle):\n",
        instead="                if False:\n",
        why="the next one makes a new file, and both hold a lock",
        tests=of(LOCK, "a_file_that_was_removed_in_between_guards_nothing"),
    ),
    Mutation(
        name="a run does not take the lock",
        file="buckia/engine/run.py",
        text="                stack.enter_context(self._pair.folder.lock())\n",
        instead="                self._pair.state.make(self._pair.folder.path)\n",
        why="two runs would take each other's half-done work for strangers' edits",
        tests=of(
            "tests/guarantees/test_rule_10_one_at_a_time.py",
            "a_sync_that_finds_the_lock_taken_does_nothing",
        ),
    ),
    Mutation(
        name="a state of a newer version is used like our own",
        file=f"{STATE}/prepare.py",
        text="            raise schema.newer(path, found.version)\n"
        "        case Finding.MISSING:\n"
        "            # A mark",
        instead="            pass\n        case Finding.MISSING:\n            # A mark",
        why="rows that mean something else would be read as agreements",
        tests=of(SCHEMA, "a_newer_base_is_refused_and_stays_as_it_is"),
    ),
    Mutation(
        name="a version that only the log tells of is not looked at",
        file=f"{STATE}/examine.py",
        text="    if version > newest:\n"
        "        return Examined(Finding.NEWER, version=version)\n"
        "    # A fifth",
        instead="    # A fifth",
        why="the file's header is older than what was committed last",
        tests=of(SCHEMA, "a_newer_base_that_only_its_log_knows_of_is_refused_too"),
    ),
    Mutation(
        name="a damaged state is replaced and not set aside",
        file=f"{STATE}/prepare.py",
        text="            kept = set_aside(path)\n",
        instead="            kept = path\n",
        why="somebody may still read it, and its trash is told of nowhere else",
        tests=of(SCHEMA, "a_damaged_base_is_set_aside_reported_and_lost"),
    ),
    Mutation(
        name="a damaged log is taken for an empty one",
        file=f"{STATE}/examine.py",
        text="        if not _is_log(log_of(path)):\n",
        instead="        if False:\n",
        why="the base would be one of an earlier time, and later bytes pass for long agreed",
        tests=of(SCHEMA, "a_damaged_base_is_set_aside_reported_and_lost"),
    ),
    Mutation(
        name="the pages of the state are not checked",
        file=f"{STATE}/examine.py",
        text='    if verdict != "ok":\n',
        instead="    if False:\n",
        why="rows of a damaged page would be missing without a word: new keys, or deletions",
        tests=of(SCHEMA, "a_damaged_base_is_set_aside_reported_and_lost"),
    ),
    Mutation(
        name="damage that is found while reading leaves no mark",
        file=f"{STATE}/database.py",
        text="            files.create(suspect_of(path))\n",
        instead="            pass\n",
        why="the next run would come upon it again, and never be able to go on",
        tests=of(SCHEMA, "damage_found_while_reading_is_set_aside_at_the_next_opening"),
    ),
    Mutation(
        name="rows out of order are read like others",
        file=f"{STATE}/manifest.py",
        text="        if not rows.ascend(block.keys):\n",
        instead="        if False:\n",
        why="what is compared key by key would take a row for missing",
        tests=of(SCHEMA, "rows_out_of_order_are_damage"),
    ),
    Mutation(
        name="a block of rows begins where a damaged page leads",
        file=f"{STATE}/manifest.py",
        text="                if list(found[:1]) != list(following):\n",
        instead="                if False:\n",
        why="the rows in between would be taken for missing",
        tests=of(SCHEMA, "rows_that_a_damaged_page_hides_are_not_passed_over"),
    ),
    Mutation(
        name="an intent outlives the row that settles it",
        file=f"{STATE}/manifest.py",
        text='    for table in ("intents", "known"):\n',
        instead='    for table in ("known",):\n',
        why="a later run would take somebody's edit for what it once wanted itself",
        tests=of(MANIFEST, "intents_stay_until_their_key_is_recorded"),
    ),
    Mutation(
        name="half of what is recorded together may stay",
        file=f"{STATE}/commits.py",
        text='                    self._connection.execute("ROLLBACK")\n',
        instead='                    self._connection.execute("COMMIT")\n',
        why="of a rename only the new name's row, or only the old one's end",
        tests=of(MANIFEST, "a_record_is_all_or_none"),
    ),
    Mutation(
        name="digests of unsettled versions are kept",
        file=f"{STATE}/cache.py",
        text="                if UNSETTLED not in known.version and known.digests:\n",
        instead="                if known.digests:\n",
        why="such a version could come to stand for other bytes",
        tests=of("tests/state/test_cache.py", "an_unsettled_version_is_never_kept"),
    ),
    Mutation(
        name="a digest is known whatever the version",
        file=f"{STATE}/cache.py",
        text="            if not found or found[0][0] != version:\n",
        instead="            if not found:\n",
        why="the digest of the bytes before would stand for those of now",
        tests=of(
            "tests/state/test_cache.py", "a_digest_is_known_for_its_key_origin_and_version_only"
        ),
    ),
    Mutation(
        name="files of the state can be read by others",
        file=f"{STATE}/files.py",
        text="FILE = 0o600\n",
        instead="FILE = 0o644\n",
        why="versions in the trash had other permissions where they came from",
        tests=of(FOLDER, "everything_is_the_owners_only_whatever_the_umask"),
    ),
    Mutation(
        name="folders of the state can be read by others",
        file=f"{STATE}/files.py",
        text="FOLDER = 0o700\n",
        instead="FOLDER = 0o755\n",
        why="it is the folders that keep others from what is within",
        tests=of(FOLDER, "everything_is_the_owners_only_whatever_the_umask"),
    ),
    Mutation(
        name="a version that was moved to the trash stays open to others",
        file=f"{STATE}/slot.py",
        text="                files.make_private(self.path, files.FILE)\n",
        instead="                pass\n",
        why="it has the permissions of where it was; its folder is closed, too",
        tests=of(
            "tests/guarantees/test_rule_11_secrets.py",
            "state_and_trash_are_readable_by_their_owner_only",
        ),
    ),
    Mutation(
        name="a wrong clock empties the trash",
        file="buckia/engine/run.py",
        text="        expired = trash.expire(days, min(now, last))\n",
        instead="        expired = trash.expire(days, now)\n",
        why="one run with a clock that is years ahead would remove every version",
        tests=of(CLOCK, "one_run_far_in_the_future_removes_nothing"),
    ),
    Mutation(
        name="a place in the trash is given back with the file that was moved there",
        file=f"{STATE}/slot.py",
        text="            if self._fetched:\n",
        instead="            if True:\n",
        why="it may be the only one of its kind",
        tests=of(TRASH, "dropping_gives_back_a_copy_but_never_the_only_version"),
    ),
    Mutation(
        name="a version that was fetched short counts as kept",
        file=f"{STATE}/slot.py",
        text="        if count != self._described.size:\n",
        instead="        if False:\n",
        why="the object is replaced or deleted right afterwards",
        tests=of(TRASH, "bytes_that_are_not_those_expected_are_refused"),
    ),
    Mutation(
        name="a version that was fetched damaged counts as kept",
        file=f"{STATE}/slot.py",
        text="        if digests.agree(computed, self._described.digests) is False:\n",
        instead="        if False:\n",
        why="the object is replaced or deleted right afterwards",
        tests=of(TRASH, "bytes_that_are_not_those_expected_are_refused"),
    ),
    Mutation(
        name="versions are removed before their days are over",
        file=f"{STATE}/trash.py",
        text="        return limits.kept is None or when <= limits.kept\n",
        instead="        return True\n",
        why="they are kept for those who find out late",
        tests=of(TRASH, "only_what_is_older_than_the_days_expires"),
    ),
)
