"""What keeps a plan from following out of something that was not seen, or from being a disaster."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

COMPARE = "tests/core/test_compare.py"
RECONCILE = "tests/core/test_reconcile.py"
GUARDS = "tests/engine/test_guards.py"
NAMES = "tests/engine/test_names.py"
EARLY = "tests/engine/test_nothing_recorded_too_early.py"
UNREADABLE = "tests/engine/test_unreadable.py"

MUTATIONS = (
    Mutation(
        name="a listing out of order is believed",
        file="buckia/align.py",
        text="        if not ordered:\n",
        instead="        if False:\n",
        why="what is compared key by key would take a key out of its place for deleted",
        tests=of("tests/core/test_align.py", "a_stream_out_of_order_is_an_error_that_names_it"),
    ),
    Mutation(
        name="a listing that breaks off has simply ended",
        file="buckia/engine/ahead.py",
        text="            end = _End(error)\n",
        instead="            end = _End()\n",
        why="the rest of it would be deleted on the other side",
        tests=of("tests/engine/test_ahead.py", "what_a_stream_raises_is_raised_in_its_place"),
    ),
    Mutation(
        name="a listing may hold what was not asked for",
        file="buckia/engine/scan.py",
        text="    if prefix and not all(entry.key.startswith(prefix) for entry in page):\n",
        instead="    if False:\n",
        why="keys of another prefix would be taken for ours, under shortened names",
        tests=of(
            "tests/engine/test_listing_faults.py",
            "a_listing_of_what_was_not_asked_for_is_not_believed",
        ),
    ),
    Mutation(
        name="a key of a gap is looked at like any other",
        file="buckia/compare.py",
        text='            return any(key == one or key.startswith(one + "/") for one in '
        "self._held)\n",
        instead="            return False\n",
        why="what could not be read here would be deleted in the bucket",
        tests=of(COMPARE, "what_could_not_be_seen_holds_out_its_key_and_everything_below"),
    ),
    Mutation(
        name="deletions are planned though something could not be seen",
        file="buckia/engine/run.py",
        text="            plan = planner.plan(reviewed, _unseen(review))\n",
        instead="            plan = planner.plan(reviewed, ())\n",
        why="they are not carried out either, but a rename is a deletion that looks like none",
        tests=of(UNREADABLE, "nothing_is_renamed_while_something_cannot_be_seen"),
    ),
    Mutation(
        name="deletions are carried out though something could not be seen",
        file="buckia/engine/run.py",
        text="        may_delete = not (review.comparison.gaps or reviewed.failed)\n",
        instead="        may_delete = True\n",
        why="they are not planned either, but some show only when a key is looked at again",
        tests=of(
            UNREADABLE, "a_deletion_that_shows_only_during_the_run_waits_for_what_could_not_be_seen"
        ),
    ),
    Mutation(
        name="unproven bytes count as the same",
        file="buckia/reconcile.py",
        text="    equal = same(case.left, case.right)\n"
        "    if equal is None:\n"
        "        raise Unproven\n"
        "    if equal:\n"
        '        return Verdict(Deed.ADOPT, "the same on both sides")\n'
        "    policy",
        instead="    equal = same(case.left, case.right)\n"
        "    if equal is not False:\n"
        '        return Verdict(Deed.ADOPT, "the same on both sides")\n'
        "    policy",
        why="two versions of one size would be recorded as agreed, and one be lost later",
        tests=of(RECONCILE, "a_verdict_that_hangs_on_unproven_bytes_is_none"),
    ),
    Mutation(
        name="an unproven change counts as none",
        file="buckia/reconcile.py",
        text="    if _U in (left, right):\n        raise Unproven\n",
        instead="    left = _K if left is _U else left\n    right = _K if right is _U else right\n",
        why="a deletion on the other side would take an edit with it",
        tests=of(RECONCILE, "a_deletion_does_not_follow_from_an_unproven_absence_of_edits"),
    ),
    Mutation(
        name="without a base the policy decides which version stays",
        file="buckia/reconcile.py",
        text="        policy = Policy.KEEP_BOTH\n    changed",
        instead="        pass\n    changed",
        why="on a new device nobody knows which one is the edit",
        tests=of(
            "tests/guarantees/test_rule_14_recovery.py",
            "after_the_state_is_lost_both_sides_are_new",
        ),
    ),
    Mutation(
        name="what a person was to decide is decided",
        file="buckia/reconcile.py",
        text='    Policy.ASK: (Deed.ASK, "a person must decide"),\n',
        instead='    Policy.ASK: (Deed.TO_RIGHT, "a person must decide"),\n',
        why="somebody wants to see both versions first",
        tests=of(RECONCILE, "a_conflict_follows_the_policy"),
    ),
    Mutation(
        name="the loser of a conflict is not kept",
        file="buckia/reconcile.py",
        text='    return Verdict(deed, f"{reason}: {words}", str(policy), keep=True)\n',
        instead='    return Verdict(deed, f"{reason}: {words}", str(policy))\n',
        why="whoever chose the policy did not see what it costs",
        tests=of(
            "tests/guarantees/test_rule_08_trash.py",
            "the_loser_of_a_conflict_is_in_the_trash_and_named_in_the_result",
        ),
    ),
    Mutation(
        name="what a push replaces in the bucket is not kept",
        file="buckia/reconcile.py",
        text='        return Verdict(Deed.TO_RIGHT, "different in the bucket", keep=True)\n',
        instead='        return Verdict(Deed.TO_RIGHT, "different in the bucket")\n',
        why="nobody agreed on it, so it may be the only one of its kind",
        tests=of(RECONCILE, "every_cell_of_a_key_without_a_base_row"),
    ),
    Mutation(
        name="a deletion wins over an edit",
        file="buckia/reconcile.py",
        text='    (_W, _R, True): Verdict(Deed.TO_RIGHT, "changed here, deleted in the '
        'bucket", EDIT_WINS),\n',
        instead='    (_W, _R, True): Verdict(Deed.DELETE_LEFT, "deleted in the bucket"),\n',
        why="a deletion can be made again, an edit cannot",
        tests=of(RECONCILE, "every_cell_of_a_key_with_a_base_row"),
    ),
    Mutation(
        name="a time in the future wins",
        file="buckia/reconcile.py",
        text="    if max(left, right) > now_ns:\n",
        instead="    if False:\n",
        why="a device with a wrong clock would win every conflict for years",
        tests=of(RECONCILE, "the_newest_wins_only_where_two_stored_times_can_tell"),
    ),
    Mutation(
        name="times that are closer than a file system counts decide",
        file="buckia/reconcile.py",
        text="    if abs(left - right) <= NEAR_NS:\n",
        instead="    if False:\n",
        why="the rounding of a file system would decide which edit goes",
        tests=of(RECONCILE, "the_newest_wins_only_where_two_stored_times_can_tell"),
    ),
    Mutation(
        name="what is no longer in scope is deleted",
        file="buckia/compare.py",
        text="            if row is not None:\n"
        "                result.forgotten.append(key)\n"
        "            return\n"
        "        self._take",
        instead="            if row is None:\n                return\n        self._take",
        why="a change of the configuration must never delete anything",
        tests=of("tests/engine/test_ignoring.py", "a_changed_filter_forgets_and_deletes_nothing"),
    ),
    Mutation(
        name="a row of a root that is not configured any more still counts",
        file="buckia/compare.py",
        text="            result.forgotten.append(key)\n            row = None\n",
        instead="            pass\n",
        why="a change of the configuration must never delete anything",
        tests=of(
            "tests/core/test_compare_roots.py",
            "a_key_whose_row_came_through_a_root_that_does_not_reach_it_any_more_is_new",
        ),
    ),
    Mutation(
        name="a narrowed run forgets what it does not look at",
        file="buckia/compare.py",
        text="        if judgement is Judgement.LEAVE or self._is_unknown(key):\n",
        instead="        if self._is_unknown(key):\n",
        why="the next run would take all of it for new, and bring back what was deleted",
        tests=of(COMPARE, "a_narrowed_run_leaves_all_other_rows_alone"),
    ),
    Mutation(
        name="a file in another root stands for one that vanished from its own",
        file="buckia/compare.py",
        text="            own = dict(found).get(row.origin)\n",
        instead="            own = found[0][1] if found else None\n",
        why="it is another file, and would be sent over the one in the bucket without a word",
        tests=of(
            "tests/core/test_compare_roots.py",
            "a_file_that_vanished_from_its_root_is_not_replaced_by_that_of_another",
        ),
    ),
    Mutation(
        name="hostile keys are looked at like others",
        file="buckia/compare.py",
        text="        if there is not None and (problem := keys.problem(key)):\n",
        instead="        if there is not None and (problem := None):\n",
        why="a folder refuses them too, but a mirror would delete them in the bucket",
        tests=of(COMPARE, "a_hostile_key_is_told_of_and_nothing_is_done"),
    ),
    Mutation(
        name="a key that leads out of the folder is sound",
        file="buckia/keys.py",
        text='r"(?:^|/)(?:\\.{0,2})(?:/|\\Z)|',
        instead='r"',
        why="it is the one place where that is judged",
        tests=of(
            "tests/core/test_keys.py", "a_key_that_nobody_may_act_upon_is_named_with_its_reason"
        ),
    ),
    Mutation(
        name="names of our own take part where somebody says so",
        file="buckia/filters/verdict.py",
        text="        if is_ours(name):\n            return Verdict.OURS\n",
        instead="",
        why="the state would travel; what is compared is asked once more whether it is ours",
        tests=of("tests/filters/test_filters.py", "nothing_brings_back_what_is_ours"),
    ),
    Mutation(
        name="markers of folders are files",
        file="buckia/compare.py",
        text="        if keys.is_ours(key) or (there is not None and keys.is_marker(key, "
        "there.size)):\n",
        instead="        if keys.is_ours(key):\n",
        why="consoles make them; a mirror would delete them",
        tests=of(COMPARE, "a_folder_marker_is_passed_over_silently"),
    ),
    Mutation(
        name="names that are one name here are written one over the other",
        file="buckia/engine/planning.py",
        text="                self._leave_alone(names, actions, plan)\n            else:\n",
        instead="                pass\n            else:\n",
        why="where case does not count, the second would replace the first",
        tests=of(NAMES, "keys_that_are_one_name_here_are_told_and_not_downloaded"),
    ),
    Mutation(
        name="a new spelling is a deletion of the old one",
        file="buckia/engine/planning.py",
        text="            if not any(moved.get(key) in names for key in names):\n",
        instead="            if False:\n",
        why="where case does not count, that would delete the new one",
        tests=of(NAMES, "a_new_spelling_that_the_bucket_cannot_take_is_told_and_nothing_is_lost"),
    ),
    Mutation(
        name="any number of deletions is allowed",
        file="buckia/engine/guarding.py",
        text="        self._found += too_many(list(plan.deletions.values()), "
        "self._settings.allowance)\n",
        instead="",
        why="somebody removed half of it by mistake, or a disk lost it",
        tests=of(GUARDS, "too_many_deletions_stop_the_run_on_any_store"),
    ),
    Mutation(
        name="a number in max_delete is not counted",
        file="buckia/plan/guards.py",
        text="            return deletions > self.count\n",
        instead="            return False\n",
        why="a percentage says little about few files",
        tests=of(GUARDS, "a_number_holds_where_a_percentage_would_not"),
    ),
    Mutation(
        name="a root that is suddenly empty stops nothing",
        file="buckia/engine/guarding.py",
        text='                self._found.append(str(Emptied(f"the folder {place.origin}", '
        "lost)))\n",
        instead="                pass\n",
        why="ten files or fewer are below every limit of deletions",
        tests=of(GUARDS, "a_side_that_is_suddenly_empty_stops_the_run"),
    ),
    Mutation(
        name="a bucket that is suddenly empty stops nothing",
        file="buckia/engine/guarding.py",
        text="                self._found.append(str(Emptied(folder or _RIGHT, known)))\n",
        instead="                pass\n",
        why="ten files or fewer are below every limit of deletions",
        tests=of(GUARDS, "a_side_that_is_suddenly_empty_stops_the_run"),
    ),
    Mutation(
        name="a synced folder that is suddenly empty stops nothing",
        file="buckia/engine/guarding.py",
        text='                self._found.append(str(Emptied(f"{folder} here", known)))\n',
        instead="                pass\n",
        why="ten files or fewer are below every limit of deletions",
        tests=of(GUARDS, "a_synced_folder_that_is_suddenly_empty_stops_the_run"),
    ),
    Mutation(
        name="a root that is gone is an empty one",
        file="buckia/engine/guarding.py",
        text='                self._found.append(f"the folder {origin} does not exist")\n',
        instead="                pass\n",
        why="a disk that is not mounted would empty the bucket",
        tests=of(GUARDS, "a_root_that_is_gone_stops_the_run_though_the_state_is_elsewhere"),
    ),
    Mutation(
        name="another bucket of the same name in the configuration is no surprise",
        file="buckia/engine/guarding.py",
        text="        if last is None or _place(last) == _place(pair.id):\n",
        instead="        if True:\n",
        why="a slip in the configuration would make it like the one before",
        tests=of(GUARDS, "another_bucket_or_folder_than_last_time_stops_the_run"),
    ),
    Mutation(
        name="another disk in the place of the bucket is no surprise",
        file="buckia/engine/guarding.py",
        text="        if found != known:\n",
        instead="        if False:\n",
        why="everything that the other disk lacks would be deleted here",
        tests=of(GUARDS, "a_bucket_with_another_mark_stops_the_run"),
    ),
    Mutation(
        name="what another disk holds is written down before a guard has seen it",
        file="buckia/engine/run.py",
        text="        records = not settings.dry_run and (settings.force or not guards.doubts)\n",
        instead="        records = not settings.dry_run\n",
        why="the right disk would then seem to have lost it",
        tests=of(EARLY, "what_another_disk_holds_is_not_taken_for_agreed"),
    ),
    Mutation(
        name="wishes of a run that was cut off are settled before a guard has seen it",
        file="buckia/engine/run.py",
        text="                self._callbacks.planned(plan)\n",
        instead="                self._callbacks.planned(plan)\n                review.settle()\n",
        why="that a key is absent is no proof where all keys are",
        tests=of(EARLY, "an_empty_bucket_settles_no_wish_of_a_run_that_was_cut_off"),
    ),
)
