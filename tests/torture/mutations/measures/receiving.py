"""What keeps changes of others in order, done once, and from doing what nobody allowed."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

INBOUND = "buckia/inbound"
RECEIVING = "buckia/client/receiving.py"
CLEARING = "buckia/engine/clearing.py"
SYNCING = "tests/inbound/test_syncing.py"
APPLYING = "tests/inbound/test_applying.py"
MALICE = "tests/inbound/test_malicious.py"
RULES = "tests/inbound/test_rules_of_the_app.py"
KILLS = "tests/inbound/test_kills.py"

MUTATIONS = (
    Mutation(
        name="changes are applied though not all of them are here",
        file=RECEIVING,
        text="        if reason := _unready(result, layout):\n",
        instead="        if (reason := _unready(result, layout)) and False:\n",
        why="a later change would be applied before an earlier one",
        tests=of(SYNCING, "nothing_is_applied_while_a_change_file_is_not_here"),
    ),
    Mutation(
        name="changes are applied by a run that looks at some keys only",
        file=RECEIVING,
        text="return both and self._pair.scope.run.takes_all(self._layout.inbound.folder)\n",
        instead="return both\n",
        why="a later change would be applied before an earlier one",
        tests=of(SYNCING, "a_run_that_does_not_see_all_change_files_applies_none"),
    ),
    Mutation(
        name="a change file goes though the database was not sent on",
        file=RECEIVING,
        text="            if sent.failed or sent.waiting or sent.interrupted:\n",
        instead="            if False:\n",
        why="the database that wins may be one without the change",
        tests=of(SYNCING, "a_change_whose_database_gave_way_is_applied_anew"),
    ),
    Mutation(
        name="a change file goes though another database took the place",
        file=RECEIVING,
        text="        if len(found) < len(done):\n",
        instead="        found = done\n        if len(found) < len(done):\n",
        why="the change would be in no database that anybody has",
        tests=of(SYNCING, "a_change_whose_database_gave_way_is_applied_anew"),
    ),
    Mutation(
        name="others may sync between the halves of a run with changes",
        file=RECEIVING,
        text="        with self._pair.folder.lock():\n",
        instead="        if True:\n",
        why="files that another run fetched half would be applied in the wrong order",
        tests=of(SYNCING, "nobody_else_syncs_the_pair_from_the_beginning_to_the_end"),
    ),
    Mutation(
        name="a file of other bytes is cleared away like the one that was applied",
        file=CLEARING,
        text="        if found[_ALGORITHM] != one.digest:\n",
        instead="        if False:\n",
        why="what somebody wrote meanwhile would be deleted",
        tests=of(SYNCING, "a_file_that_an_app_replaced_here_meanwhile_stays"),
    ),
    Mutation(
        name="a file is applied again when somebody was faster",
        file=f"{INBOUND}/apply.py",
        text="            known = _is_known(connection, file.id, digest)\n",
        instead="            known = False\n",
        why="two that look at the same time would both apply it; the list refuses the second",
        tests=of(APPLYING, "somebody_who_applies_the_same_file_meanwhile_does_not_make_it_twice"),
    ),
    Mutation(
        name="a change and its line in the list are two transactions",
        file=f"{INBOUND}/apply.py",
        text='                step("record")\n',
        instead="                step(\"record\")\n                connection.execute('COMMIT')\n"
        "                connection.execute('BEGIN')\n",
        why="a kill between them would apply it twice",
        tests=of(KILLS, "a_kill_between_any_two_steps_is_completed_by_the_next_call"),
    ),
    Mutation(
        name="any table may be written",
        file=f"{INBOUND}/permission.py",
        text="        if columns is None or never(change.table):\n",
        instead="        columns = columns or EVERY\n        if never(change.table):\n",
        why="others would write what nobody allowed",
        tests=of(MALICE, "a_malicious_change_changes_nothing"),
    ),
    Mutation(
        name="any column may be written",
        file=f"{INBOUND}/permission.py",
        text="            if column not in columns:\n",
        instead="            if False:\n",
        why="others would write what nobody allowed",
        tests=of("tests/inbound/test_vectors.py", "a_file_does_to_rows_what_the_vectors_show"),
    ),
    Mutation(
        name="references are left to the database, which only counts them",
        file=f"{INBOUND}/rows.py",
        text="    if new := foreign.broken(connection, tables) - before:\n",
        instead="    if new := before - before:\n",
        why="one that is mended would pay for one that is broken",
        tests=of(RULES, "one_reference_mended_does_not_pay_for_another_that_is_broken"),
    ),
    Mutation(
        name="a file that grew is read to its end",
        file=f"{INBOUND}/folder.py",
        text="        content = file.read(limit + 1)\n",
        instead="        content = file.read()[: limit + 1][:limit]\n",
        why="a file without end would be read without end",
        tests=of(MALICE, "a_file_that_grows_while_it_is_read_is_not_read_to_its_end"),
    ),
)
