"""What keeps a run from writing over what it did not see, and from recording what it did not do."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

EXECUTE = "buckia/engine/execute"
FILES = "tests/stores/local/test_files_as_objects.py"
COPIES = "tests/core/test_side_copies.py"
BEGUN = "tests/core/test_side_begun.py"
BODY = "tests/core/test_body.py"
INTENTS = "tests/engine/test_intents.py"
FAULTS = "tests/engine/test_transfer_faults.py"
KEPT = "tests/guarantees/test_rule_08_trash.py"
LAST = "tests/guarantees/test_rule_06_deletes_last.py"
MEANWHILE = "tests/engine/test_changes_meanwhile.py"
STREAM = "tests/engine/test_stream.py"
TOGETHER = "tests/engine/test_flushed_together.py"
PATCHING = "tests/engine/test_patching.py"

MUTATIONS = (
    Mutation(
        name="an upload is not written down before it is made",
        file=f"{EXECUTE}/transfers.py",
        text="        yield (wish,)\n",
        instead="",
        why="after a kill our own upload would be a stranger's edit",
        tests=of(INTENTS, "what_was_done_and_not_written_down_is_found_to_be_agreed"),
    ),
    Mutation(
        name="an upload to a folder is not written down before it is made",
        file=f"{EXECUTE}/transfers.py",
        text="            yield (Settle(together), wish)\n",
        instead="            yield (Settle(together),)\n",
        why="after a kill our own upload would be a stranger's edit",
        tests=of(TOGETHER, "what_is_meant_to_be_is_written_down_before_it_is_visible"),
    ),
    Mutation(
        name="a download is not written down before it is made",
        file=f"{EXECUTE}/transfers.py",
        text="        yield (*settled(together), desk.wish(action.case, SideName.LEFT, entry, "
        "known))\n",
        instead="        yield settled(together)\n",
        why="after a kill the fetched file would be somebody's edit",
        tests=of(INTENTS, "what_was_done_and_not_written_down_is_found_to_be_agreed"),
    ),
    Mutation(
        name="a deletion is not written down before it is made",
        file=f"{EXECUTE}/removals.py",
        text='        yield (Intent(key=action.key, side=name, digests="", origin=origin),)\n',
        instead="        pass\n",
        why="after a kill a key that appears again would be taken for the one that was deleted",
        tests=of(INTENTS, "what_appears_again_after_a_cut_off_deletion_is_new"),
    ),
    Mutation(
        name="what came too late stays an intent",
        file=f"{EXECUTE}/execution.py",
        text="        desk.manifest.record([now.base if now.base is not None else "
        "Forgotten(key)])\n",
        instead="",
        why="who made by hand what it would have made would be taken for it",
        tests=of(INTENTS, "what_came_too_late_is_no_intent_any_more"),
    ),
    Mutation(
        name="what many keys have to say is written down when they have gone on",
        file=f"{EXECUTE}/stream.py",
        text="        self._note([note for one in self._unwritten for note in one.notes])\n"
        "        self._written += self._unwritten\n"
        "        self._unwritten.clear()\n",
        instead="        unwritten = [*self._unwritten]\n"
        "        self._unwritten.clear()\n"
        "        for one in unwritten:\n"
        "            self._step(one)\n"
        "        self._note([note for one in unwritten for note in one.notes])\n",
        why="after a kill our own half-done work would be strangers' edits",
        tests=of(STREAM, "what_is_asked_for_is_written_down_before_it_goes_on"),
    ),
    Mutation(
        name="a run that is stopped goes on with what it only wished for",
        file=f"{EXECUTE}/stream.py",
        text="        seen = [one for one in self._unwritten if not _is_wish(one)]\n",
        instead="        seen = list(self._unwritten)\n",
        why="whoever has asked it to stop takes it for stopped, and nobody hears what comes of it",
        tests=of(STREAM, "who_is_stopped_begins_nothing_more"),
    ),
    Mutation(
        name="a run that is stopped does not write down what has happened",
        file=f"{EXECUTE}/stream.py",
        text="            self._note([note for one in seen for note in one.notes])\n",
        instead="            self._note([])\n",
        why="it was done and counts as done; its wish is written down, by which the next run "
        "finds it",
        tests=of(STREAM, "who_is_stopped_hears_what_was_sent_and_writes_down_what_has_happened"),
    ),
    Mutation(
        name="a rename is not written down before it is made",
        file=f"{EXECUTE}/removals.py",
        text="        desk.wish(case, name, fresh, known),\n",
        instead="",
        why="after a kill the new name would be a stranger's file",
        tests=of(INTENTS, "what_is_edited_after_a_cut_off_rename_is_no_conflict"),
    ),
    Mutation(
        name="a deletion is recorded before it is made",
        file=f"{EXECUTE}/removals.py",
        text='        yield (Intent(key=action.key, side=name, digests="", origin=origin),)\n',
        instead="        yield (Forgotten(action.key),)\n",
        why="one that fails would be a new file, and come back",
        tests=of(FAULTS, "a_deletion_that_failed_is_tried_by_the_next_run"),
    ),
    Mutation(
        name="what a run that was cut off has done is not looked for",
        file="buckia/engine/review.py",
        text="                if held:\n",
        instead="                if False:\n",
        why="our own half-done work would be strangers' edits",
        tests=of(INTENTS, "what_is_edited_once_more_after_a_cut_off_transfer_is_no_conflict"),
    ),
    Mutation(
        name="what killed runs parked is not put back before it is looked at",
        file="buckia/engine/run.py",
        text="            mend(pair)\n",
        instead="            pass\n",
        why="a parked file would look like a deleted one; it is put back before anything "
        "is deleted, but not before the plan is made",
        tests=of(INTENTS, "a_file_that_a_killed_run_left_out_of_its_place_is_no_deletion"),
    ),
    Mutation(
        name="deletions come first",
        file=f"{EXECUTE}/execution.py",
        text="            self._each(a for a in actions if a.deed in _RENAMES and not a.first)\n",
        instead="            self._each(a for a in actions if a.deed in DELETIONS and not "
        "a.first)\n"
        "            self._each(a for a in actions if a.deed in _RENAMES and not a.first)\n",
        why="a run that breaks off would have deleted and not yet brought anything",
        tests=of(LAST, "every_transfer_ends_before_the_first_deletion_begins"),
    ),
    Mutation(
        name="deletions go on behind a failure",
        file=f"{EXECUTE}/execution.py",
        text="            if self._outcomes.failed or not self._may_delete:\n",
        instead="            if not self._may_delete:\n",
        why="what failed may be the successor of what is deleted",
        tests=of(LAST, "where_a_transfer_failed_nothing_is_deleted"),
    ),
    Mutation(
        name="a name that was freed in vain stays free",
        file=f"{EXECUTE}/execution.py",
        text="            self._put_back()\n",
        instead="            pass\n",
        why="the file would be in the trash only, and deleted on the other side by the next run",
        tests=of(LAST, "a_deletion_that_frees_a_name_is_undone_when_what_needs_the_name_fails"),
    ),
    Mutation(
        name="a key that is there again is deleted all the same",
        file=f"{EXECUTE}/removals.py",
        text="    if desk.side(name.other).stat(action.key, origin) is not None:\n",
        instead="    if False:\n",
        why="the listing may only have been behind",
        tests=of(
            "tests/engine/test_listing_faults.py",
            "a_listing_that_has_not_heard_of_an_upload_loses_nothing",
        ),
    ),
    Mutation(
        name="a file that is replaced here is not kept",
        file=f"{EXECUTE}/transfers.py",
        text="    slot = desk.slot(action, over, SideName.LEFT, origin) if over is not None "
        "else None\n",
        instead="    slot: Slot | None = None\n",
        why="whoever edited it elsewhere may have done so by mistake",
        tests=of(KEPT, "a_local_file_that_is_replaced_is_in_the_trash"),
    ),
    Mutation(
        name="a file that is deleted here is not kept",
        file=f"{EXECUTE}/removals.py",
        text="        slot = desk.slot(action, entry, name, origin)\n",
        instead="        pass\n",
        why="whoever deleted it elsewhere may have done so by mistake",
        tests=of(KEPT, "a_local_file_that_is_deleted_is_in_the_trash"),
    ),
    Mutation(
        name="the bucket's version is replaced without being fetched first",
        file=f"{EXECUTE}/transfers.py",
        text="        slot = desk.rescue(action, case.right, desk.right, case.origin)\n",
        instead="        pass\n",
        why="in most buckets what was replaced is gone",
        tests=of(KEPT, "a_push_keeps_what_was_changed_in_the_bucket"),
    ),
    Mutation(
        name="what a forced run deletes in the bucket is not kept",
        file=f"{EXECUTE}/removals.py",
        text=" or action.first or desk.settings.force:\n",
        instead=" or action.first:\n",
        why="who says --force may not have read what it passes",
        tests=of(
            "tests/guarantees/test_rule_07_guards.py",
            "force_passes_the_guard_and_keeps_all_that_it_deletes",
        ),
    ),
    Mutation(
        name="what the trash cannot take is replaced all the same",
        file=f"{EXECUTE}/desk.py",
        text="        side.save(entry, origin, slot, moved=self.meter(entry.key, None))\n"
        "        return slot\n",
        instead="        try:\n"
        "            side.save(entry, origin, slot, moved=self.meter(entry.key, None))\n"
        "        except Exception:\n"
        "            return None\n"
        "        return slot\n",
        why="the loser is always kept, or it does not lose",
        tests=of(KEPT, "a_loser_that_the_trash_cannot_take_is_not_replaced"),
    ),
    Mutation(
        name="what was fetched into the trash is not held against what was listed",
        file="buckia/engine/side.py",
        text="                slot.fill(_counted(proven(reading), moved))\n",
        instead="                slot.fill(_counted(reading, moved))\n",
        why="the trash knows only what was listed, and many listings tell no digest",
        tests=of(FAULTS, "a_loser_is_held_against_the_digest_that_comes_with_it"),
    ),
    Mutation(
        name="what a bucket says that it holds is not compared with what was sent",
        file="buckia/engine/seen.py",
        text="    if digests.agree(entry.digests, known) is False:\n",
        instead="    if False:\n",
        why="bytes that were damaged on their way would count as agreed",
        tests=of(FAULTS, "a_store_that_lies_about_a_digest_is_not_believed_in_an_upload"),
    ),
    Mutation(
        name="bytes that end early are whole",
        file="buckia/passing.py",
        text="        if not chunk and size != 0 and self._left:\n",
        instead="        if False:\n",
        why="half a file would be sent, with the digest of half a file",
        tests=of(BODY, "a_body_that_is_not_as_long_as_it_says_is_corrupted"),
    ),
    Mutation(
        name="who only counts bytes counts as one who proves them",
        file="buckia/body.py",
        text="        return not self._is_proven and self.hashed().issuperset(algorithms)\n",
        instead="        return self.hashed().issuperset(algorithms)\n",
        why="the store would put down whatever came, though it promises to look",
        tests=of(FILES, "a_body_that_is_not_what_it_promises_leaves_everything_as_it_was"),
    ),
    Mutation(
        name="bytes on their way are not held against their digest",
        file="buckia/passing.py",
        text="        if digests.agree(computed, self._owner.digests) is False:\n",
        instead="        if False:\n",
        why="a file that changed since it was listed would be sent as what was listed",
        tests=of(FAULTS, "bytes_are_held_against_the_digest_that_comes_with_them"),
    ),
    Mutation(
        name="an object that is read to be compared may come short",
        file="buckia/body.py",
        text="        if count != entry.size:\n",
        instead="        if False:\n",
        why="it would be taken for another one, and replaced or kept twice",
        tests=of(FAULTS, "what_is_read_to_compare_and_came_short_is_not_taken_for_different"),
    ),
    Mutation(
        name="downloads are of whatever version is there",
        file="buckia/body.py",
        text="self._storage.read(self._key, version=self.entry.version)",
        instead="self._storage.read(self._key)",
        why="in several tries it would be a mixture of two",
        tests=of(BODY, "an_object_of_a_store_is_a_body_of_one_version_only"),
    ),
    Mutation(
        name="a download that was begun before is of whatever version is there",
        file="buckia/engine/side.py",
        text="beginning.begin_read(mount.inside(entry.key), version=entry.version)",
        instead="beginning.begin_read(mount.inside(entry.key))",
        why="what was listed would be recorded of bytes that are another's",
        tests=of(BEGUN, "a_begun_download_is_of_the_version_that_was_listed"),
    ),
    Mutation(
        name="a version of the trash is whatever version is there",
        file="buckia/engine/side.py",
        text="            with mount.storage.read(mount.inside(entry.key), "
        "version=entry.version) as reading:\n"
        "                slot",
        instead="            with mount.storage.read(mount.inside(entry.key)) as reading:\n"
        "                slot",
        why="the one that is kept would not be the one that is replaced; the write that "
        "follows is of the version that was seen as well",
        tests=of(COPIES, "only_the_version_that_was_seen_is_kept_in_the_trash"),
    ),
    Mutation(
        name="what comes with the bytes is not looked at",
        file="buckia/body.py",
        text="        self.entry = reading.entry\n        return reading",
        instead="        return reading",
        why="many listings tell no digest, by which alone damage on the way is found",
        tests=of(FAULTS, "bytes_are_held_against_the_digest_that_comes_with_them"),
    ),
    Mutation(
        name="what was put together need not be provable",
        file=f"{EXECUTE}/patching.py",
        text="        if not digests.computable(self.digests):\n",
        instead="        if False:\n",
        why="sums of three bytes would be all that speaks for it",
        tests=of(PATCHING, "what_nothing_could_prove_is_not_put_together"),
    ),
    Mutation(
        name="what does not fit together is not fetched whole",
        file=f"{EXECUTE}/transfers.py",
        text="    except (Unavailable, Corrupted):\n        return None\n",
        instead="    except Unavailable:\n        return None\n",
        why="the file would fail in every run, though all of it could be had",
        tests=of(PATCHING, "sums_that_lie_cost_a_whole_download_and_nothing_else"),
    ),
    Mutation(
        name="ranges are of whatever version is there",
        file=f"{EXECUTE}/patching.py",
        text="ranges.read_range(key, span.start, length, version=version)",
        instead="ranges.read_range(key, span.start, length)",
        why="they would be put together with sums of another; the digest of the whole lies "
        "behind it",
        tests=of(PATCHING, "an_object_that_is_replaced_meanwhile_is_planned_again"),
    ),
    Mutation(
        name="an earlier conflict copy is written over",
        file=f"{EXECUTE}/copies.py",
        text="        return side.write(copy, origin, out.body, expect=ABSENT)\n",
        instead="        there = side.stat(copy, origin)\n"
        "        return side.write(copy, origin, out.body, expect=there.version if "
        "there else ABSENT)\n",
        why="it may be all that is left of a version; names are looked for that are free, "
        "but somebody may take one in between",
        tests=of(MEANWHILE, "who_takes_the_name_of_a_conflict_copy_meanwhile_keeps_it"),
    ),
    Mutation(
        name="a name of a conflict copy that is taken counts as free",
        file="buckia/engine/planning.py",
        text="            if self._is_free(name, case, side, entry):\n",
        instead="            if True:\n",
        why="it may be all that is left of a version; a write would be refused, again and again",
        tests=of("tests/engine/test_stores.py", "an_earlier_copy_is_never_written_over"),
    ),
    Mutation(
        name="a name of a conflict copy that is a folder counts as free",
        file="buckia/engine/planning.py",
        text="                if one.is_folder(name, origin or case.origin):\n",
        instead="                if False:\n",
        why="the write would be refused, again and again",
        tests=of("tests/engine/test_free_names.py", "the_name_of_a_folder_is_not_free"),
    ),
    Mutation(
        name="one copy stands for two files that are not the same",
        file=f"{EXECUTE}/copies.py",
        text="        if _holding(desk, name, _of(case, name), case.origin, out) is None:\n",
        instead="        if False:\n",
        why="a file that gives its name to a folder goes on both sides",
        tests=of(
            "tests/engine/test_nothing_recorded_too_early.py",
            "a_file_that_gives_its_name_to_a_folder_and_changes_meanwhile_is_not_lost",
        ),
    ),
)
