"""What keeps a write or a deletion in the bucket from taking what was not seen or is not kept."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

EXECUTE = "buckia/engine/execute"
SIDE = "tests/core/test_side.py"
COPIES = "tests/core/test_side_copies.py"
BEGUN = "tests/core/test_side_begun.py"
OVERTAKEN = "tests/engine/test_overtaken.py"
RETRIES = "tests/guarantees/test_rule_13_retries.py"

MUTATIONS = (
    Mutation(
        name="the only copy of what may have been replaced is dropped",
        file=f"{EXECUTE}/transfers.py",
        text="        if slot is not None and untouched(error):\n",
        instead="        if slot is not None:\n",
        why="after a lost answer nobody knows whether the write took place",
        tests=of(OVERTAKEN, "a_version_that_was_replaced_stays_in_the_trash"),
    ),
    Mutation(
        name="who was overtaken is taken for who did nothing",
        file="buckia/engine/seen.py",
        text="    return gone(error) and not isinstance(error, Overtaken)\n",
        instead="    return gone(error)\n",
        why="the version before ours was replaced by us, though somebody else came right behind",
        tests=of(OVERTAKEN, "a_version_that_was_replaced_stays_in_the_trash"),
    ),
    Mutation(
        name="nobody says that an earlier try may have been overtaken",
        file="buckia/engine/seen.py",
        text="        if isinstance(error, NotFound | VersionMismatch) and error.key:\n",
        instead="        if False:\n",
        why="the version before ours was replaced by us, though somebody else came right behind",
        tests=of(OVERTAKEN, "a_version_that_was_deleted_stays_in_the_trash"),
    ),
    Mutation(
        name="a write whose condition is refused is never ours",
        file="buckia/engine/side.py",
        text="                with sent():\n                    if first is not None",
        instead="                with nullcontext():\n                    if first is not None",
        why="somebody between may have sent it twice, and a stranger's edit have come in between",
        tests=of(OVERTAKEN, "a_version_that_was_replaced_stays_in_the_trash"),
    ),
    Mutation(
        name="a refusal of a write that was begun before is not looked at",
        file="buckia/engine/side.py",
        text="            try:\n"
        "                with sent():\n"
        "                    if first is not None and not earlier:\n"
        "                        return first.take()\n",
        instead="            if first is not None and not earlier:\n"
        "                return first.take()\n"
        "            try:\n"
        "                with sent():\n",
        why="somebody between may have sent it twice, and a stranger's edit have come in between",
        tests=of(
            BEGUN,
            "a_begun_write_that_somebody_between_sends_twice_has_succeeded",
            "what_a_begun_write_has_replaced_may_be_gone_though_its_condition_was_refused",
        ),
    ),
    Mutation(
        name="a deletion whose condition is refused is never ours",
        file="buckia/engine/side.py",
        text="                with sent():\n                    conditional.delete_if",
        instead="                with nullcontext():\n                    conditional.delete_if",
        why="somebody between may have sent it twice, and a stranger's file have come in between",
        tests=of(OVERTAKEN, "a_version_that_was_deleted_stays_in_the_trash"),
    ),
    Mutation(
        name="writes to the bucket have no condition",
        file="buckia/engine/side.py",
        text="                    return conditional.write_if(target, body, expect=expect)\n",
        instead="                    return mount.storage.write(target, body)\n",
        why="an edit made since the listing would be replaced",
        tests=of(SIDE, "nothing_is_written_over_what_was_not_seen"),
    ),
    Mutation(
        name="a condition is relied on for bodies that are too large for it",
        file="buckia/engine/side.py",
        text="        if limit is not None and size > limit:\n            return None\n",
        instead="",
        why="the service would ignore it without a word",
        tests=of(
            "tests/engine/test_stores.py",
            "the_size_above_which_no_condition_is_honoured_is_respected",
        ),
    ),
    Mutation(
        name="nobody looks before a write without a condition",
        file="buckia/engine/checked.py",
        text="            insist(storage, target, expect, limits)\n",
        instead="            pass\n",
        why="Bunny has no conditions: an edit made since the listing would be replaced",
        tests=of(SIDE, "nothing_is_written_over_what_was_not_seen"),
    ),
    Mutation(
        name="nobody looks after a write without a condition",
        file="buckia/engine/checked.py",
        text="        if changed and not holds(",
        instead="        if False and not holds(",
        why="an edit between the look and the write would be recorded as ours",
        tests=of(SIDE, "somebody_who_wrote_just_after_us_is_noticed"),
    ),
    Mutation(
        name="deletions in the bucket have no condition",
        file="buckia/engine/side.py",
        text="                    conditional.delete_if(key, expect=entry.version)\n",
        instead="                    mount.storage.delete(key)\n",
        why="an edit made since the listing would be deleted",
        tests=of(SIDE, "what_was_not_seen_is_not_removed"),
    ),
    Mutation(
        name="nobody looks before a deletion without a condition",
        file="buckia/engine/side.py",
        text="                    checked.insist(mount.storage, key, entry.version, self.limits)\n",
        instead="                    pass\n",
        why="Bunny has no conditions: an edit made since the listing would be deleted",
        tests=of(SIDE, "what_was_not_seen_is_not_removed"),
    ),
    Mutation(
        name="a write whose answer was lost is not found again",
        file="buckia/engine/side.py",
        text="                own = checked.own(mount.storage, target, body, self.limits)\n",
        instead="                own = None\n",
        why="our own bytes would be a stranger's edit",
        tests=of(SIDE, "a_write_whose_answer_was_lost_has_succeeded"),
    ),
    Mutation(
        name="a write that was sent twice is taken for a stranger's edit",
        file="buckia/engine/side.py",
        text="                own = checked.own(mount.storage, target, body, self.limits)\n",
        instead="                own = None\n",
        why="nobody is told of the version that it replaced, though that is kept",
        tests=of(RETRIES, "a_write_that_somebody_between_sends_twice_has_succeeded"),
    ),
    Mutation(
        name="what was refused is tried again",
        file="buckia/engine/limits.py",
        text="            except (Unavailable, Corrupted) as error:\n",
        instead="            except Exception as error:\n",
        why="a condition that was refused once may hold the next time, over somebody's edit",
        tests=of("tests/core/test_limits.py", "what_is_refused_is_not"),
    ),
    Mutation(
        name="a copy in the bucket is not proven before the old key goes",
        file="buckia/engine/inside.py",
        text="    if not holds(mount.storage, copy, entry.size, known, side.limits):\n",
        instead="    if False:\n",
        why="a service that copies something else would cost the file its bytes",
        tests=of(
            "tests/engine/test_renames.py",
            "a_copy_that_is_not_what_was_copied_costs_the_old_key_nothing",
        ),
    ),
    Mutation(
        name="a copy goes over what has taken its name",
        file="buckia/engine/inside.py",
        text="        checked.insist(storage, place, ABSENT, side.limits)\n",
        instead="        pass\n",
        why="somebody has put it there since the listing",
        tests=of(COPIES, "a_copy_takes_no_name_that_is_taken"),
    ),
    Mutation(
        name="a conditional copy goes over what has taken its name",
        file="buckia/engine/inside.py",
        text="            source, place, source_version=version, expect=ABSENT\n",
        instead="            source, place, source_version=version, "
        "expect=storage.stat(place).version\n",
        why="somebody has put it there since the listing",
        tests=of(COPIES, "a_copy_takes_no_name_that_is_taken"),
    ),
)
