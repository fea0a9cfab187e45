"""What keeps a folder from losing a file that nobody has seen."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

LOCAL = "buckia/stores/local"
COMMITS = "tests/stores/local/test_commits.py"
REMOVALS = "tests/stores/local/test_removals.py"
LEFTOVERS = "tests/stores/local/test_leftovers.py"
UNSETTLED = f"{COMMITS}::TestAnUnsettledVersion"
RENAMES = "tests/stores/local/test_renames.py"
UNSEEN = "tests/guarantees/test_rule_04_unseen.py"

MUTATIONS = (
    Mutation(
        name="what was moved out of its place is not compared with what was seen",
        file=f"{LOCAL}/swap.py",
        text="        if not met:\n            raise _mismatch(self._wanted",
        instead="        if False:\n            raise _mismatch(self._wanted",
        why="an edit in the instant between the last look and the exchange would be lost",
        tests=of(COMMITS, "an_edit_at_the_last_moment_is_moved_back"),
    ),
    Mutation(
        name="what was taken away is not compared with what was seen",
        file=f"{LOCAL}/swap.py",
        text="    if not met:\n        raise _mismatch(wanted, put_back",
        instead="    if False:\n        raise _mismatch(wanted, put_back",
        why="an edit in the instant between the last look and the removal would be lost",
        tests=of(REMOVALS, "an_edit_at_the_last_moment_is_left_in_its_place"),
    ),
    Mutation(
        name="a file that could not be judged is not put back after an exchange",
        file=f"{LOCAL}/swap.py",
        text="        except BaseException:  # unjudged, so it was not the one: also after "
        "an interrupt\n"
        "            self._change_back(device)\n",
        instead="        except BaseException:\n",
        why="a disk error in that moment would replace a file that nobody has recognised",
        tests=of(COMMITS, "a_comparison_that_fails_puts_the_old_file_back"),
    ),
    Mutation(
        name="an exchange that was interrupted is not undone",
        file=f"{LOCAL}/swap.py",
        text="                self._change_back(device)\n                raise\n",
        instead="                raise\n",
        why="the old file would stand in a folder of ours and its name show one that is "
        "not recorded",
        tests=of(COMMITS, "an_interrupt_just_after_the_exchange_does_not_lose_the_old_file"),
    ),
    Mutation(
        name="somebody's save over ours is not told from ours when an exchange is undone",
        file=f"{LOCAL}/swap.py",
        text="        if self._parking_holds_draft():\n            rename_ours",
        instead="        if True:\n            rename_ours",
        why="what came back would be thrown away as our draft",
        tests=of(COMMITS, "when_the_name_is_taken_meanwhile_both_are_kept"),
    ),
    Mutation(
        name="the time of the last change of a file's state is not looked at before a replacement",
        file=f"{LOCAL}/staging.py",
        text="        wanted.look(self.draft.target)\n",
        instead="",
        why="an edit of the same size under the same time shows in nothing else; what is "
        "moved is compared too, but by what a move leaves as it was",
        tests=of(UNSEEN, "an_edit_of_the_same_size_under_the_same_time_is_noticed"),
    ),
    Mutation(
        name="a file of which nobody knows the bytes may be thrown away by a replacement",
        file=f"{LOCAL}/staging.py",
        text="            wanted.insist()\n",
        instead="",
        why="its looks are so fresh that they may be those of two files",
        tests=(UNSETTLED,),
    ),
    Mutation(
        name="a file of which nobody knows the bytes may be thrown away by a deletion",
        file=f"{LOCAL}/removing.py",
        text="                wanted.insist()\n",
        instead="",
        why="its looks are so fresh that they may be those of two files",
        tests=(UNSETTLED,),
    ),
    Mutation(
        name="the bytes of a fresh file are not compared before it goes",
        file=f"{LOCAL}/expected.py",
        text="        return not self.digests or digest_of_place(place, self.digests) == "
        "self.digests\n",
        instead="        return True\n",
        why="its looks are so fresh that they may be those of two files",
        tests=(UNSETTLED,),
    ),
    Mutation(
        name="a new file takes its name by a rename that replaces",
        file=f"{LOCAL}/swap.py",
        text="    try:\n"
        "        rename_ours(draft.place, target)\n"
        "    except FileExistsError as error:\n",
        instead="    try:\n"
        "        from buckia.stores.local.renames import rename_over\n"
        "\n"
        "        rename_over(draft.place, target)\n"
        "    except FileExistsError as error:\n",
        why="it was looked whether the name is free, but somebody may take it in between",
        tests=of(COMMITS, "the_new_files_name_taken_between_two_renames_keeps_both"),
    ),
    Mutation(
        name="a conflict copy takes its name by a rename that replaces",
        file=f"{LOCAL}/swap.py",
        text="            rename_ours(parking, Place(target.folder, name))\n",
        instead="            from buckia.stores.local.renames import rename_over\n"
        "\n"
        "            rename_over(parking, Place(target.folder, name))\n",
        why="an earlier copy may be all that is left of a version",
        tests=of(COMMITS, "an_earlier_conflict_copy_is_never_overwritten"),
    ),
    Mutation(
        name="a file that goes back to its place may replace another",
        file=f"{LOCAL}/swap.py",
        text="    try:\n        rename_ours(parking, target)\n",
        instead="    try:\n"
        "        from buckia.stores.local.renames import rename_over\n"
        "\n"
        "        rename_over(parking, target)\n",
        why="somebody may have saved a new one there meanwhile",
        tests=of(REMOVALS, "an_edit_that_cannot_go_back_is_kept_beside_the_newer_one"),
    ),
    Mutation(
        name="a file that is moved may replace another",
        file=f"{LOCAL}/moving.py",
        text="    try:\n        rename_exclusive(origin, goal)\n",
        instead="    try:\n        rename_over(origin, goal)\n",
        why="it was looked whether the name is free, but somebody may take it in between",
        tests=of(REMOVALS, "a_name_taken_at_the_last_moment_is_not_clobbered_by_a_move"),
    ),
    Mutation(
        name="a file that was moved is not compared with what was seen",
        file=f"{LOCAL}/moving.py",
        text="    if not wanted.is_met_by(goal):\n",
        instead="    if False:\n",
        why="an edit in the last instant would be taken for the version that both sides have",
        tests=of(REMOVALS, "an_edit_at_the_last_moment_is_left_in_its_place"),
    ),
    Mutation(
        name="a copy that took a file's place goes whatever became of the file",
        file=f"{LOCAL}/moving.py",
        text="    except VersionMismatch:\n        # The source",
        instead="    except Exception:\n        # The source",
        why="after another error the source may be gone, and the copy be all that is left of it",
        tests=of(REMOVALS, "a_copy_that_took_a_files_place_goes_only_while_the_file_is_there"),
    ),
    Mutation(
        name="the bytes of a copy are not held against those of the version that was named",
        file=f"{LOCAL}/moving.py",
        text="    if draft.digests != wanted.digests:\n",
        instead="    if False:\n",
        why="a fresh source may have changed without its looks",
        tests=(UNSETTLED,),
    ),
    Mutation(
        name="a folder that was moved out of the root while bytes came still gets the file",
        file=f"{LOCAL}/staging.py",
        text="                    self._insist_on_folder()\n",
        instead="",
        why="a file would be recorded as here that is somewhere else",
        tests=of(COMMITS, "a_folder_that_is_moved_away_while_bytes_are_staged_gets_no_file"),
    ),
    Mutation(
        name="a file that changed as soon as it had its name is taken for ours",
        file=f"{LOCAL}/staging.py",
        text="        if mark(seen) != self.draft.mark:\n",
        instead="        if False:\n",
        why="somebody's edit would be recorded as what both sides hold",
        tests=of(COMMITS, "a_file_changed_as_soon_as_it_is_in_place_is_not_recorded"),
    ),
    Mutation(
        name="two commits of ours may work in one folder at once",
        file=f"{LOCAL}/ground.py",
        text="                _wait_for(folder)\n",
        instead="",
        why="both could look before either acts, and both believe that they had won",
        tests=of(RENAMES, "a_folder_that_is_held_for_ever_is_reported"),
    ),
    Mutation(
        name="a place in the trash that is taken is used all the same",
        file=f"{LOCAL}/parking.py",
        text="        if not folder.is_free(name):\n",
        instead="        if False:\n",
        why="no rename goes over it either, but a copy from another disk would",
        tests=of(COMMITS, "a_slot_that_is_taken_is_not_overwritten"),
    ),
    Mutation(
        name="a copy in the trash is not read back",
        file=f"{LOCAL}/parking.py",
        text="    if digest_of_place(slot, copied) != copied:\n",
        instead="    if False:\n",
        why="a bad disk would keep something else than what is about to go",
        tests=of(REMOVALS, "a_copy_that_reads_back_wrongly_retires_nothing"),
    ),
    Mutation(
        name="a file that changes while it is copied to the trash is taken for what was seen",
        file=f"{LOCAL}/parking.py",
        text='    if not is_of(now, wanted.version):\n        raise wanted.mismatch("changed while',
        instead='    if False:\n        raise wanted.mismatch("changed while',
        why="the copy would be a mixture",
        tests=of(REMOVALS, "an_edit_while_the_file_is_copied_to_its_slot_is_noticed_by_its_ctime"),
    ),
    Mutation(
        name="the copy in the trash goes although its original is not in its place",
        file=f"{LOCAL}/parking.py",
        text="        if copy is not None and parking.folder.is_free(parking.name):\n",
        instead="        if copy is not None:\n",
        why="a later sweep may take the original for what was to be removed",
        tests=of(
            COMMITS, "a_file_that_can_neither_be_judged_nor_put_back_leaves_its_copy_in_the_slot"
        ),
    ),
    Mutation(
        name="a sweep takes every parked file for one that was to go",
        file=f"{LOCAL}/leftovers.py",
        text="    if looks == swap.draft or removable:\n",
        instead="    if True:\n",
        why="a kill in that instant may have parked somebody's edit",
        tests=of(LEFTOVERS, "a_parked_file_ends_where_an_undisturbed_run_would_have_put_it"),
    ),
    Mutation(
        name="a sweep removes a replaced file though nothing took its place",
        file=f"{LOCAL}/leftovers.py",
        text="        swap.kind == Kind.REMOVE or not target.folder.is_free(target.name)\n",
        instead="        True\n",
        why="a kill between two renames leaves the name free and only the parked file",
        tests=of(LEFTOVERS, "a_parked_file_ends_where_an_undisturbed_run_would_have_put_it"),
    ),
    Mutation(
        name="a sweep does not ask whether a living run works in a swap folder",
        file=f"{LOCAL}/leftovers.py",
        text="        if not system.lock(parked.fd):\n",
        instead="        if False:\n",
        why="it would put back, or remove, what another process is about to judge",
        tests=of(LEFTOVERS, "a_swap_folder_that_a_living_run_works_in_is_left_alone"),
    ),
    Mutation(
        name="a folder, a link or a device gives way to a file",
        file=f"{LOCAL}/expected.py",
        text="    if not stat.S_ISREG(seen.st_mode):\n        raise InvalidKey(",
        instead="    if False:\n        raise InvalidKey(",
        why="a link that somebody set there would be replaced without a word",
        tests=of(
            "tests/stores/local/test_files_as_objects.py",
            "a_write_does_not_replace_what_is_no_file",
        ),
    ),
)
