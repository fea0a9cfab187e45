"""What keeps a database whole, and rows of two devices from being lost."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

APP = "tests/stores/app/test_databases.py"
ENGINE = "tests/engine/test_databases.py"
MERGING = "tests/engine/test_merging.py"
COPYING = "tests/databases/test_copying.py"

MUTATIONS = (
    Mutation(
        name="what is copied of a database is not checked",
        file="buckia/databases/copying.py",
        text="    if target.stat().st_size and (wrong := checks.damage(target, thorough=False)):\n",
        instead="    if wrong := '':\n",
        why="a damaged database would be uploaded over a good one",
        tests=of(COPYING, "a_damaged_one_is_not_copied"),
    ),
    Mutation(
        name="what comes for a database is not checked",
        file="buckia/stores/app/staged.py",
        text="            wrong = checks.damage(self.draft.place.path(), thorough=True)\n",
        instead="            wrong = ''\n",
        why="a damaged database would take the place of a good one",
        tests=of(ENGINE, "what_is_no_sound_database_never_takes_the_place_of_one"),
    ),
    Mutation(
        name="nobody asks what is in a database before it gets another content",
        file="buckia/databases/installing.py",
        text="            if not is_asked and not unchanged():\n",
        instead="            if False:\n",
        why="what an app wrote at the last moment would be overwritten",
        tests=of(ENGINE, "an_edit_that_falls_into_the_run_is_not_replaced"),
    ),
    Mutation(
        name="nobody asks what is in a database before it goes",
        file="buckia/databases/installing.py",
        text="        if not unchanged(connection):\n",
        instead="        if False:\n",
        why="what an app wrote at the last moment would be deleted",
        tests=of(APP, "what_is_written_at_the_last_moment_is_not_removed"),
    ),
    Mutation(
        name="looks of a database that prove nothing are believed",
        file="buckia/stores/app/databases.py",
        text="        if held is None or held.entry.digests != digest_of_file(copy):\n",
        instead="        if False:\n",
        why="on a coarse clock two contents look alike",
        tests=of(APP, "where_looks_prove_nothing_other_bytes_are_not_replaced"),
    ),
    Mutation(
        name="a database comes beside the log of another",
        file="buckia/stores/app/staged.py",
        text="                self._insist_on_room()\n",
        instead="                pass\n",
        why="SQLite would take the log for this one's, and damage it",
        tests=of(ENGINE, "one_does_not_come_beside_the_log_of_another"),
    ),
    Mutation(
        name="what is named a database is not asked whether it is one",
        file="buckia/stores/app/store.py",
        text="            self._databases.insist_nameless(key)\n",
        instead="            pass\n",
        why="whatever took its place here would take it everywhere",
        tests=of(ENGINE, "what_is_named_and_is_no_database_does_not_travel"),
    ),
    Mutation(
        name="what both sides agreed on is not kept for the next merge",
        file="buckia/engine/execute/desk.py",
        text="        self.ancestry.keep(changes)\n",
        instead="",
        why="without it nobody knows which side did what, and rows cannot be merged",
        tests=of(MERGING, "what_was_merged_is_the_ancestor_of_the_next_merge"),
    ),
    Mutation(
        name="a run without merging leaves the mark that all ancestors are kept",
        file="buckia/engine/ancestry.py",
        text="        if not self._wanted and manifest.meta(_ALL_KEPT):\n",
        instead="        if False:\n",
        why="what it agreed on would be missing for good",
        tests=of(MERGING, "runs_without_merging_in_between_are_made_up_for"),
    ),
    Mutation(
        name="a merge is uploaded over whatever is there",
        file="buckia/engine/execute/merges.py",
        text="moving, expect=expected(case.right))\n",
        instead="moving, expect=expected(desk.right.stat(key, case.origin)))\n",
        why="what another device uploaded meanwhile would be overwritten",
        tests=of(MERGING, "an_edit_in_the_bucket_before_the_upload_is_merged_too"),
    ),
    Mutation(
        name="only the bucket's version is kept of two that are merged",
        file="buckia/engine/execute/merges.py",
        text="    slot = desk.slot(action, over, SideName.LEFT, origin)\n",
        instead="    slot = None\n",
        why="a row that lost is then nowhere",
        tests=of(MERGING, "both_versions_are_in_the_trash"),
    ),
    Mutation(
        name="rows that wait for a person are merged all the same",
        file="buckia/engine/execute/merges.py",
        text="        if merged.waiting:\n",
        instead="        if False:\n",
        why="nobody decided",
        tests=of(MERGING, "where_a_person_must_decide_nothing_is_done"),
    ),
)
