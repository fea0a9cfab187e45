"""What makes bytes, names and rows survive a power cut."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

LOCAL = "buckia/stores/local"
STATE = "buckia/state"
COMMITS = "tests/stores/local/test_commits.py"
FLUSHING = "tests/stores/local/test_flushing.py"
KEPT = "tests/state/test_flushing.py"
TOGETHER = "tests/engine/test_flushed_together.py"
ON_DISK = f"{COMMITS}::test_everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported"  # noqa: E501 - a name

MUTATIONS = (
    Mutation(
        name="a fetched file is never flushed",
        file=f"{LOCAL}/drafts.py",
        text="        system.sync(self.handle)\n",
        instead="        pass\n",
        why="after a power cut its name would show an empty file that counts as agreed",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the name of a fetched file is never flushed",
        file=f"{LOCAL}/staging.py",
        text="                    self._ground.sync(folder)\n            self._ground.made.used",
        instead="                    pass\n            self._ground.made.used",
        why="after a power cut the base would know a file that is not there: a deletion",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the name of a folder that was made for a file is never flushed",
        file=f"{LOCAL}/ground.py",
        text="                    folder.sync()\n",
        instead="                    pass\n",
        why="after a power cut the folder would be gone with all that was fetched into it",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="fetched files that are staged together are not flushed before they are visible",
        file="buckia/engine/execute/transfers.py",
        text="        yield (*settled(together), desk.wish(action.case, SideName.LEFT, entry, "
        "known))\n",
        instead="        yield (desk.wish(action.case, SideName.LEFT, entry, known),)\n",
        why="after a power cut their names would show empty files that count as agreed",
        tests=of(TOGETHER, "files_are_on_the_disk_before_they_are_visible"),
    ),
    Mutation(
        name="sent files that are staged together are not flushed before they are visible",
        file="buckia/engine/execute/transfers.py",
        text="            yield (Settle(together), wish)\n",
        instead="            yield (wish,)\n",
        why="after a power cut the bucket, which is a folder, would show empty files",
        tests=of(TOGETHER, "files_are_on_the_disk_before_they_are_visible"),
    ),
    Mutation(
        name="names of fetched files are not flushed before their agreement is written down",
        file="buckia/engine/execute/transfers.py",
        text="    yield (*settled(together), agreed((made, entry), known, origin))\n",
        instead="    yield (agreed((made, entry), known, origin),)\n",
        why="after a power cut the base would know files that are not there: deletions",
        tests=of(TOGETHER, "names_are_on_the_disk_before_their_agreement_is_written_down"),
    ),
    Mutation(
        name="names of sent files are not flushed before their agreement is written down",
        file="buckia/engine/execute/transfers.py",
        text="    yield (*settled(together), agreed((out.entry, written), out.digests, origin))\n",
        instead="    yield (agreed((out.entry, written), out.digests, origin),)\n",
        why="after a power cut the base would know objects that are not there: deletions",
        tests=of(TOGETHER, "names_are_on_the_disk_before_their_agreement_is_written_down"),
    ),
    Mutation(
        name="what must be durable is written down before it is",
        file="buckia/engine/execute/desk.py",
        text="        for storage in {id(one): one for one in stores}.values():\n"
        "            storage.settle()\n"
        "        changes = [one for one in notes if isinstance(one, Agreed | Forgotten)]\n"
        "        self.ancestry.keep(changes)\n"
        "        self.manifest.note([one for one in notes if isinstance(one, Intent)], changes)\n",
        instead="        changes = [one for one in notes if isinstance(one, Agreed | Forgotten)]\n"
        "        self.manifest.note([one for one in notes if isinstance(one, Intent)], changes)\n"
        "        for storage in {id(one): one for one in stores}.values():\n"
        "            storage.settle()\n",
        why="after a power cut in between the base would know files that are not there",
        tests=of(TOGETHER, "names_are_on_the_disk_before_their_agreement_is_written_down"),
    ),
    Mutation(
        name="what is left to a flush of all is forgotten",
        file=f"{LOCAL}/root.py",
        text="            self.flushing.owe()\n",
        instead="",
        why="it would never come, for a store that owes nothing flushes nothing",
        tests=of(FLUSHING, "what_is_left_to_one_flush_is_flushed_by_it"),
    ),
    Mutation(
        name="a flush of all is trusted on any kernel",
        file=f"{LOCAL}/flushing.py",
        text="    if version is None or (int(version[1]), int(version[2])) < _TELLS_OF_FAILURES:\n",
        instead="    if version is None:\n",
        why="before Linux 5.8 it does not tell of what could not be written",
        tests=of(FLUSHING, "a_kernel_that_does_not_tell_of_failures_flushes_each_file"),
    ),
    Mutation(
        name="a flush of all is trusted on any kind of file system",
        file=f"{LOCAL}/flushing.py",
        text="    return kind & 0xFFFFFFFF in _KINDS\n",
        instead="    return True\n",
        why="some take it for a wish, above all those that are not on a disk of this machine",
        tests=of(FLUSHING, "a_file_system_of_a_kind_that_nobody_knows_flushes_each_file"),
    ),
    Mutation(
        name="what lies on another file system is left to the flush of that of the root",
        file=f"{LOCAL}/root.py",
        text="            if held is None or held.fd is None or self._seen.st_dev != device:\n",
        instead="            if held is None or held.fd is None:\n",
        why="behind a link that is followed it would never be flushed",
        tests=of(FLUSHING, "a_file_on_another_file_system_than_the_root_is_flushed_by_itself"),
    ),
    Mutation(
        name="the bytes of a copy in the trash are never flushed",
        file=f"{LOCAL}/parking.py",
        text="        system.sync(target)\n",
        instead="",
        why="the original goes right afterwards, so after a power cut nothing would be left of it",
        tests=of(FLUSHING, "a_copy_in_the_trash_is_on_the_disk_before_its_original_goes"),
    ),
    Mutation(
        name="the name of a copy in the trash is never flushed",
        file=f"{LOCAL}/parking.py",
        text="        os.close(target)\n    slot.folder.sync()\n",
        instead="        os.close(target)\n",
        why="the original goes right afterwards; what is flushed later comes too late for that",
        tests=of(FLUSHING, "a_copy_in_the_trash_is_on_the_disk_before_its_original_goes"),
    ),
    Mutation(
        name="the name of a replaced file in the trash is never flushed by the store",
        file=f"{LOCAL}/staging.py",
        text="            parking.folder.sync()\n",
        instead="",
        why="the trash flushes it once more, but only when the store has returned",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the name of a deleted file in the trash is never flushed by the store",
        file=f"{LOCAL}/removing.py",
        text="            parking.folder.sync()\n",
        instead="",
        why="the trash flushes it once more, but only when the store has returned",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the end of a deleted file's name is never flushed",
        file=f"{LOCAL}/removing.py",
        text="                _remove(ground, place, wanted)\n            folder.sync()\n",
        instead="                _remove(ground, place, wanted)\n",
        why="a row that is forgotten for a file that is there again makes it new, and so "
        "it returns",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the new name of a moved file is never flushed",
        file=f"{LOCAL}/moving.py",
        text="    ground.sync(goal.folder)\n",
        instead="",
        why="on some file systems a power cut could leave it under neither name",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="the end of a moved file's old name is never flushed",
        file=f"{LOCAL}/moving.py",
        text="    origin.folder.sync()\n",
        instead="",
        why="the base would say that the old name is gone, and it would be new",
        tests=of(
            COMMITS,
            "everything_is_on_the_disk_before_it_is_visible_and_its_name_before_it_is_reported",
        ),
    ),
    Mutation(
        name="what stands in the trash is not flushed when it is settled",
        file=f"{STATE}/slot.py",
        text="                files.make_private(self.path, files.FILE)\n"
        "            files.sync_folder(self.path.parent)\n",
        instead="                files.make_private(self.path, files.FILE)\n",
        why="a store that cannot do so itself has only moved it there",
        tests=of(KEPT, "a_version_that_was_moved_to_the_trash_is_flushed_when_it_is_settled"),
    ),
    Mutation(
        name="the bytes of a fetched version in the trash are never flushed",
        file=f"{STATE}/slot.py",
        text="                os.fsync(handle)\n",
        instead="                pass\n",
        why="the object is replaced or deleted right afterwards",
        tests=of(KEPT, "a_fetched_version_is_flushed_before_it_has_its_name_and_then_the_name"),
    ),
    Mutation(
        name="the name of a fetched version in the trash is never flushed",
        file=f"{STATE}/slot.py",
        text="                self._fetched = True\n"
        "                files.sync_folder(self.path.parent)\n",
        instead="                self._fetched = True\n",
        why="the object is replaced or deleted right afterwards",
        tests=of(KEPT, "a_fetched_version_is_flushed_before_it_has_its_name_and_then_the_name"),
    ),
    Mutation(
        name="the name of a version's description in the trash is never flushed",
        file=f"{STATE}/trash.py",
        text="            files.sync_folder(folder)\n",
        instead="",
        why="without its description nobody finds a version again",
        tests=of(KEPT, "the_description_of_a_version_is_on_the_disk_before_its_bytes_come"),
    ),
    Mutation(
        name="files of the state are never flushed",
        file=f"{STATE}/files.py",
        text="        file.flush()\n        os.fsync(handle)\n",
        instead="        file.flush()\n",
        why="descriptions in the trash, and the name of this device",
        tests=of(KEPT, "the_description_of_a_version_is_on_the_disk_before_its_bytes_come"),
    ),
    Mutation(
        name="the name of a replaced file of the state is never flushed",
        file=f"{STATE}/files.py",
        text="        temporary.unlink(missing_ok=True)\n"
        "        raise\n"
        "    sync_folder(path.parent)\n",
        instead="        temporary.unlink(missing_ok=True)\n        raise\n",
        why="which bucket this was when it was last run, for the guard",
        tests=of("tests/state/test_folder.py", "a_small_file_is_replaced_whole_or_not_at_all"),
    ),
    Mutation(
        name="the names of folders of the state are never flushed",
        file=f"{STATE}/files.py",
        text="            sync_folder(path.parent)\n    make_private(path, FOLDER)\n",
        instead="    make_private(path, FOLDER)\n",
        why="a folder of the trash that is not there after a power cut holds no version",
        tests=of(KEPT, "files_and_folders_of_the_state_are_flushed_with_their_names"),
    ),
    Mutation(
        name="what is committed to the base is not flushed",
        file=f"{STATE}/connections.py",
        text='"PRAGMA synchronous=FULL"',
        instead='"PRAGMA synchronous=NORMAL"',
        why="an intent that a power cut takes away makes our own upload a stranger's edit",
        tests=of("tests/state/test_manifest.py", "commits_reach_the_disk_before_they_return"),
    ),
    Mutation(
        name="the name of a new base is never flushed",
        file=f"{STATE}/schema.py",
        text="            files.sync_folder(path.parent)\n",
        instead="",
        why="after a power cut there would be no base, and no intent of the run that it "
        "interrupted",
        tests=of(KEPT, "a_base_is_flushed_with_its_name_when_it_is_made_and_when_it_is_set_aside"),
    ),
    Mutation(
        name="that a damaged base was set aside is never flushed",
        file=f"{STATE}/prepare.py",
        text="        files.sync_folder(path.parent)\n",
        instead="",
        why="the mark of the damage goes right afterwards",
        tests=of(KEPT, "a_base_is_flushed_with_its_name_when_it_is_made_and_when_it_is_set_aside"),
    ),
)
