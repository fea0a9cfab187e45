"""What keeps a folder from being seen otherwise than it is, and a key from leading out of it."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

LOCAL = "buckia/stores/local"
OBJECTS = "tests/stores/local/test_files_as_objects.py"
SURVEYS = "tests/stores/local/test_surveys.py"
VERSIONS = "tests/stores/local/test_versions.py"
LINKS = "tests/stores/local/test_links.py"
LEFTOVERS = "tests/stores/local/test_leftovers.py"
COMMITS = "tests/stores/local/test_commits.py"
KEPT = "tests/stores/local/test_kept.py"
CHANGING = "tests/guarantees/test_rule_05_changing.py"
HOSTILE = "tests/guarantees/test_rule_09_hostile_keys.py"

MUTATIONS = (
    Mutation(
        name="the clock's tick counts as nothing",
        file=f"{LOCAL}/clock.py",
        text="            return self.now - self.granularity\n",
        instead="            return self.now + 1\n",
        why="a file written twice within one tick would look the same, and its edit stay here",
        tests=of(
            VERSIONS, "a_fresh_file_has_another_version_at_each_look_and_settles_after_a_tick"
        ),
    ),
    Mutation(
        name="fresh files of a listing count as settled",
        file=f"{LOCAL}/survey.py",
        text="                version += self._ground.unsettled.ending()\n",
        instead="                pass\n",
        why="an edit in the same tick would never be looked at",
        tests=of(
            VERSIONS, "a_fresh_file_has_another_version_at_each_look_and_settles_after_a_tick"
        ),
    ),
    Mutation(
        name="a file that we have just put in its place counts as settled",
        file=f"{LOCAL}/ground.py",
        text="        if sure and seen.st_mtime_ns < seen.st_ctime_ns - granularity:\n",
        instead="        if True:\n",
        why="an edit in the same tick would never be looked at",
        tests=of(COMMITS, "an_entry_of_our_own_commit_is_settled_when_its_time_is_old"),
    ),
    Mutation(
        name="the clock is looked at after the file",
        file=f"{LOCAL}/ground.py",
        text="            moment = self.clock.moment(fresh=fresh)\n            seen = look()\n",
        instead="            seen = look()\n            moment = self.clock.moment(fresh=True)\n",
        why="the file could be written in between, in its own last tick",
        tests=of(VERSIONS, "the_clock_is_looked_at_before_the_file"),
    ),
    Mutation(
        name="a file that changes while it is read is read to its end",
        file=f"{LOCAL}/reading.py",
        text="        if self._left or not self._is_unchanged():\n",
        instead="        if self._left:\n",
        why="a mixture of two versions would be sent, and recorded as what is here",
        tests=of(OBJECTS, "a_file_that_changes_while_it_is_read_is_an_error_before_its_last_bytes"),
    ),
    Mutation(
        name="another version of a file is read than the one that was asked for",
        file=f"{LOCAL}/reading.py",
        text="    if version is not None and not same_looks(entry.version, version):\n",
        instead="    if False:\n",
        why="the bytes of one version would be sent under the digest of another",
        tests=of(OBJECTS, "a_pinned_read_gives_that_version_or_none"),
    ),
    Mutation(
        name="folders are entered through links",
        file=f"{LOCAL}/folders.py",
        text="            flags = os.O_RDONLY | system.DIRECTORY | (0 if follow else "
        "system.NOFOLLOW)\n",
        instead="            flags = os.O_RDONLY | system.DIRECTORY\n",
        why="a key would be written outside of the synced folder",
        tests=of(LINKS, "nothing_is_read_or_written_through_a_link"),
    ),
    Mutation(
        name="files are opened through links",
        file=f"{LOCAL}/folders.py",
        text="(0 if follow else system.NOFOLLOW)\n        if self.fd is None",
        instead="0\n        if self.fd is None",
        why="a file from outside would be sent to the bucket",
        tests=of(OBJECTS, "what_is_no_file_is_not_found_and_deleting_it_is_fine"),
    ),
    Mutation(
        name="names are looked up by path and not in the open folder",
        file=f"{LOCAL}/folders.py",
        text="            return Folder(path, os.open(name, flags, dir_fd=self.fd))\n",
        instead="            return Folder(path, os.open(path, flags))\n",
        why="a folder that turns into a link half-way would lead out",
        tests=of(LINKS, "a_folder_that_becomes_a_link_on_the_way_to_a_file_leads_nowhere_else"),
    ),
    Mutation(
        name="another folder may take the place of the root during a run",
        file=f"{LOCAL}/root.py",
        text="            if os.path.samestat(seen, self._seen):\n",
        instead="            if True:\n",
        why="what was listed on a disk would be written to the empty folder that it left behind",
        tests=of(SURVEYS, "a_root_that_is_exchanged_under_the_walk_is_an_error"),
    ),
    Mutation(
        name="a folder that is held open is used wherever it is by now",
        file=f"{LOCAL}/kept.py",
        text="        if os.path.samestat(root, held.root) and held.is_there(follow=follow):\n",
        instead="        if True:\n",
        why="a file would be recorded as here that is somewhere else",
        tests=of(KEPT, "what_is_written_goes_where_the_key_leads_now"),
    ),
    Mutation(
        name="a folder that is held open is used though its root is another one",
        file=f"{LOCAL}/kept.py",
        text="        if os.path.samestat(root, held.root) and held.is_there(follow=follow):\n",
        instead="        if held.is_there(follow=follow):\n",
        why="what was listed on one disk would be written to the other; where a folder lies in "
        "the root, the way to it shows that as well",
        tests=of(KEPT, "another_root_has_other_folders"),
    ),
    Mutation(
        name="a folder is held open by a way that leads to another",
        file=f"{LOCAL}/kept.py",
        text="        if not is_sound:\n",
        instead="        if False:\n",
        why="it may be exchanged between the walk and the look, and would then be used for ever",
        tests=of(KEPT, "a_folder_that_is_exchanged_on_the_way_is_not_held"),
    ),
    Mutation(
        name="nobody looks whether the root is still there at the end of a walk",
        file=f"{LOCAL}/survey.py",
        text="        # A root that was removed under the walk looks like one whose files "
        "were all deleted.\n"
        "        self._ground.root.check()\n",
        instead="",
        why="a disk that is unplugged would look like a folder whose files were all deleted",
        tests=of(SURVEYS, "a_root_that_vanishes_is_an_error_and_no_empty_listing"),
    ),
    Mutation(
        name="a folder that cannot be listed counts as empty",
        file=f"{LOCAL}/survey.py",
        text="            self._stack.pop().let_go()\n            self._gap(key, error)\n",
        instead="            self._stack.pop().let_go()\n",
        why="all that is in it would be deleted in the bucket",
        tests=of(SURVEYS, "a_folder_whose_listing_breaks_off_is_a_gap_as_a_whole"),
    ),
    Mutation(
        name="a folder that cannot be entered counts as empty",
        file=f"{LOCAL}/survey.py",
        text="            self._unseen(key, folder, real, error)\n            return False\n",
        instead="            return False\n",
        why="all that is in it would be deleted in the bucket",
        tests=of(SURVEYS, "what_may_not_be_read_is_a_gap_in_a_survey_and_an_error_in_a_scan"),
    ),
    Mutation(
        name="a listing that must be complete leaves out what cannot be seen",
        file=f"{LOCAL}/survey.py",
        text="        if self._wish.complete:\n            raise fault(error, key) from error\n",
        instead="        if self._wish.complete:\n            return\n",
        why="a bucket that is a folder would seem to have lost what cannot be read in it",
        tests=of(SURVEYS, "what_may_not_be_read_is_a_gap_in_a_survey_and_an_error_in_a_scan"),
    ),
    Mutation(
        name="a folder that cannot be opened once more counts as empty",
        file=f"{LOCAL}/survey.py",
        text="            for name in reversed(names):\n"
        '                self._gap(frame.prefix + name.removesuffix("/"), error)\n',
        instead="",
        why="in a deep tree the rest of it would be deleted in the bucket",
        tests=of(SURVEYS, "a_folder_that_cannot_be_opened_once_more_is_a_gap_from_there_on"),
    ),
    Mutation(
        name="keys that lead out of the folder are not refused by the store",
        file=f"{LOCAL}/names.py",
        text="    why = keys.problem(key)\n",
        instead="    why = None\n",
        why="the engine skips them, but a single get or put does not come by there",
        tests=of(OBJECTS, "keys_that_nobody_may_act_upon_are_refused_everywhere"),
    ),
    Mutation(
        name="our own temporary files are listed like others",
        file=f"{LOCAL}/listing.py",
        text='    if ".buckia" in joined:\n',
        instead="    if False:\n",
        why="half a file would travel, and what a killed run left would never be put back",
        tests=of(SURVEYS, "our_own_names_are_never_listed"),
    ),
    Mutation(
        name="a database that is in use is listed like any file",
        file=f"{LOCAL}/sidefiles.py",
        text="            if suffix in opening.BESIDE and _has_bytes(folder, name):\n",
        instead="            if False:\n",
        why="the file alone is not the database, and would replace a whole one elsewhere",
        tests=of(SURVEYS, "a_database_in_use_is_skipped_with_its_side_files"),
    ),
    Mutation(
        name="a draft of a living run is swept",
        file=f"{LOCAL}/leftovers.py",
        text="        if not system.lock(handle):\n",
        instead="        if False:\n",
        why="another process is just writing to it",
        tests=of(LEFTOVERS, "a_draft_that_a_living_run_works_on_is_left_alone"),
    ),
    Mutation(
        name="drafts of other devices are swept at once",
        file=f"{LOCAL}/leftovers.py",
        text="    return seen.st_ctime_ns < ground.clock.moment().horizon(seen.st_dev) - _WEEK\n",
        instead="    return True\n",
        why="on a network drive no lock tells whether somebody works on them",
        tests=of(LEFTOVERS, "another_devices_drafts_go_after_a_week"),
    ),
    Mutation(
        name="bytes get the name whatever came",
        file=f"{LOCAL}/drafts.py",
        text="        with closing(watched.open()) as source:\n",
        instead="        with closing(body.open()) as source:\n",
        why="where the bucket tells no digest, only their number shows that some are missing; "
        "damage on the way would be kept, where whoever stages them does not look himself",
        tests=of(OBJECTS, "a_body_that_is_not_what_it_promises_leaves_everything_as_it_was"),
    ),
    Mutation(
        name="a mark of another form is taken for the name of a folder",
        file=f"{LOCAL}/identity.py",
        text="    if not _FORM.fullmatch(text):\n",
        instead="    if False:\n",
        why="an empty or damaged mark would make another disk the one that was meant",
        tests=of(OBJECTS, "a_folder_keeps_an_identity_that_the_first_one_gave"),
    ),
)
