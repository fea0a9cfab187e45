"""What keeps the folders of users apart, and whole on their way to another bucket."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

MOVING = "buckia/engine/moving.py"
STORY = "buckia/client/moving.py"
MOVE = "tests/people/test_move.py"
KILLS = "tests/people/test_move_kills.py"
FOLDERS = "tests/people/test_folders.py"
SHOWN = "tests/people/test_shown.py"
ANY_COMMAND = of(FOLDERS, "whatever_command_runs_only_the_folders_are_listed")

MUTATIONS = (
    Mutation(
        name="a move writes over what is in the new folder",
        file=MOVING,
        text="        expect = ABSENT if row is None else row.right\n",
        instead='        expect = getattr(self._right.stat(entry.key, ""), "version", ABSENT)\n',
        why="it may be somebody else's, or edited since it came",
        tests=of(MOVE, "a_file_that_differs_stops_everything_and_is_not_written_over"),
    ),
    Mutation(
        name="a copy is believed, and the original deleted",
        file=MOVING,
        text="if not holding.holds(storage, found, out.entry.size, out.digests, limits):",
        instead="if False:",
        why="a bucket that tells no digests may hold other bytes",
        tests=of(MOVE, "a_bucket_that_tells_no_digests_is_read_before_the_other_copy_goes"),
    ),
    Mutation(
        name="a move deletes what has changed since it was copied",
        file=MOVING,
        text="return seen if is_same else _entry(row, row.left)",
        instead="return seen",
        why="the edit is nowhere else",
        tests=of(MOVE, "an_edit_between_the_last_copy_and_the_deletion_is_not_deleted"),
    ),
    Mutation(
        name="a move does not follow deletions",
        file=MOVING,
        text="return self._followed(row) if follow else Came.SAME",
        instead="return Came.SAME",
        why="what the user deleted would come back",
        tests=of(MOVE, "a_deletion_before_the_switch_is_done_in_the_new_bucket_too"),
    ),
    Mutation(
        name="a move takes its own deletions for the user's",
        file=STORY,
        text="follow = self._manifest.meta(_PHASE) != _DELETING",
        instead="follow = True",
        why="after a kill the only copy would be deleted too",
        tests=of(KILLS, "a_kill_before_any_step_is_made_good_by_the_next_run"),
    ),
    Mutation(
        name="an older move counts for the next one",
        file=STORY,
        text="come back since.\n            self._moving.forget()\n",
        instead="come back since.\n",
        why="what it deleted would be taken for deleted by the user",
        tests=of(MOVE, "what_was_deleted_by_a_move_is_not_missed_by_the_next"),
    ),
    Mutation(
        name="a move switches before everything is there",
        file=STORY,
        text="            _insist_on_all(last, self._target.name)\n",
        instead="",
        why="devices would go on without what is missing",
        tests=of(MOVE, "what_cannot_be_copied_stops_the_switch"),
    ),
    Mutation(
        name="a folder is moved among a stranger's files",
        file=STORY,
        text="if stranger := self._moving.stranger():",
        instead="if stranger := None:",
        why="the user's device would take them for its own",
        tests=of(MOVE, "files_of_a_stranger_in_the_new_folder_stop_everything"),
    ),
    Mutation(
        name="a folder goes back before it has come",
        file=STORY,
        text="        self._insist_on_order(name)\n",
        instead="",
        why="what was deleted since the switch would come back",
        tests=of(MOVE, "a_move_that_has_not_ended_lets_nobody_go_back"),
    ),
    Mutation(
        name="a bucket is moved into itself by another name",
        file=STORY,
        text="if told is None or told.data == note.data:",
        instead="if False:",
        why="the originals are the copies, and would be deleted",
        tests=of(MOVE, "a_bucket_cannot_be_moved_into_itself"),
    ),
    Mutation(
        name="what a killed move took out of its place stays away",
        file=STORY,
        text="            mend_by(self._both, listed(self._both.left), listed(self._both.right))\n",
        instead="            pass\n",
        why="it would be taken for deleted",
        tests=of(KILLS, "a_kill_before_any_step_is_made_good_by_the_next_run"),
    ),
    Mutation(
        name="nobody tells a device that its folder lives elsewhere",
        file="buckia/engine/scan.py",
        text="            insist_here(side, folder, names)\n",
        instead="",
        why="it would go on in the old bucket, where what it deletes or writes is not seen",
        tests=of(MOVE, "a_device_that_still_syncs_the_old_folder_is_told_and_changes_nothing"),
    ),
    Mutation(
        name="what a move took away is deleted on a device that is syncing",
        file="buckia/engine/execute/execution.py",
        text="            if action.deed is Deed.DELETE_LEFT and not looked:\n",
        instead="            if False:\n",
        why="it lives in the other bucket, and nobody wanted it to go",
        tests=of(
            "tests/people/test_move_meanwhile.py",
            "a_move_in_the_midst_of_a_sync_deletes_nothing_on_the_device",
        ),
    ),
    Mutation(
        name="doctor lists the root",
        file="buckia/client/doctor.py",
        text="_list(opened[0], listable(place.config))",
        instead="_list(opened[0], [place.config.prefix])",
        why="the names of the folders there are those of other users",
        tests=ANY_COMMAND,
    ),
    Mutation(
        name="a copy's name outside of the folders is looked for by listing",
        file="buckia/engine/planning.py",
        text="if one is self._pair.right and not self._pair.scope.in_folders(name):",
        instead="if False:",
        why="nothing is listed there",
        tests=ANY_COMMAND,
    ),
    Mutation(
        name="a bucket that is a folder looks at the names in its root",
        file="buckia/stores/local/plugin.py",
        text="        within=context.folders,\n",
        instead="",
        why="they are those of other users",
        tests=ANY_COMMAND,
    ),
    Mutation(
        name="a zone that describes no files lists whatever folder they are in",
        file="buckia_bunny/opening.py",
        text="Zone(service, within=context.folders)",
        instead="Zone(service)",
        why="that may be the root",
        tests=of(FOLDERS, "a_zone_that_finds_files_only_by_listing_is_asked_for_none_outside"),
    ),
    Mutation(
        name="what others wrote is told with the IDs of users",
        file="buckia/secrets/redact.py",
        text="signs.without(self.redact_aside(text), MARK)",
        instead="signs.without(self.redact(text), MARK)",
        why="who reads a log could reach their folders",
        tests=of(SHOWN, "answers_have_it_whole_and_all_else_has_its_beginning"),
    ),
    Mutation(
        name="what is told beside the answer has the IDs of users",
        file="buckia/cli/output.py",
        text="self.redactor.redact(text) if out else self.redactor.redact_aside(text)",
        instead="self.redactor.redact(text)",
        why="it ends in the logs of other programs",
        tests=of(SHOWN, "no_log_and_no_message_of_a_whole_sync_has_one"),
    ),
)
