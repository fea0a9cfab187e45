"""What keeps lower layers as they are, and what is shown of them true."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

STORE = "buckia/stores/layered/store.py"
LISTING = "buckia/stores/layered/listing.py"
RECONCILE = "buckia/reconcile.py"
GUARDS = "buckia/engine/guarding.py"
TREE = "tests/layers/test_store.py"
SYNCS = "tests/layers/test_syncing.py"

MUTATIONS = (
    Mutation(
        name="what lies in a lower layer is said to be deleted",
        file=STORE,
        text="""        self._insist_on_own(key, found.version)
""",
        instead="",
        why="it is there as before, and whoever deleted it was told that it is gone",
        tests=of(TREE, "what_a_lower_layer_gives_is_neither_deleted_nor_moved"),
    ),
    Mutation(
        name="a lower file that changed is hidden unseen",
        file=STORE,
        text="        if not self._shows(key, expect):\n",
        instead="        if False:\n",
        why="nobody here would ever hear of what the team wrote",
        tests=of(SYNCS, "a_lower_file_changed_meanwhile_is_not_hidden_unseen"),
    ),
    Mutation(
        name="what killed runs left is swept in all layers",
        file=STORE,
        text="return self._able(Sweeps).sweep(self._own.inside(prefix))",
        instead="return self._able(Sweeps).sweep(self._own.outer)",
        why="files that somebody else's run took out of their places are somebody else's",
        tests=of(TREE, "a_sweep_looks_into_the_nearest_layer_alone"),
    ),
    Mutation(
        name="keys beside the layers are believed to be in them",
        file=LISTING,
        text="if not all(entry.key.startswith(begin) for entry in page):",
        instead="if False:",
        why="they would be synced under names that nobody gave them",
        tests=of(TREE, "a_listing_of_what_nobody_asked_for_is_not_believed"),
    ),
    Mutation(
        name="a farther layer is shown",
        file=LISTING,
        text="found.setdefault(key, (layer, entry))",
        instead="found[key] = (layer, entry)",
        why="an edit would vanish behind what it was made of",
        tests=of(TREE, "the_listing_shows_the_nearest_of_each_key_and_asks_for_nothing_else"),
    ),
    Mutation(
        name="a deletion in a lower layer is tried",
        file=RECONCILE,
        text="    if case.right is None or not case.right.lent:\n",
        instead="    if True:\n",
        why="it fails in each run, and with it all that waits for deletions",
        tests=of(SYNCS, "a_deleted_file_of_a_lower_layer_comes_back_and_is_told_of_once"),
    ),
    Mutation(
        name="a deletion of one's own is taken for an edit by the layer below",
        file="buckia/diff.py",
        text="Change.REMOVED if change is Change.WRITTEN and uncovered(entry, version) else change",
        instead="change",
        why="then it travels though it must not, and an edit loses against it",
        tests=of(
            SYNCS,
            "a_deletion_of_mine_that_must_not_travel_is_undone_though_a_lower_one_shows",
            "an_edit_wins_against_the_deletion_of_mine_elsewhere",
        ),
    ),
    Mutation(
        name="files of a layer that is taken out are taken for deleted",
        file="buckia/compare.py",
        text="return there is not None or not self._layers or layer_of(row.right) in self._layers",
        instead="return True",
        why="changing the configuration deletes nothing",
        tests=of(SYNCS, "a_layer_that_is_taken_out_deletes_nothing"),
    ),
    Mutation(
        name="trees and plain folders share a base",
        file="buckia/client/opening.py",
        text="        prefix=_part(config),\n",
        instead='        prefix=f"{config.prefix}{config.layers[-1]}/" if config.layers'
        " else config.prefix,\n",
        why="what only lower layers have would be taken for deleted where they are not shown",
        tests=of(SYNCS, "with_layers_and_without_are_two_pairs"),
    ),
    Mutation(
        name="a layer that lost everything stops nobody",
        file=GUARDS,
        text="            if known > least and self._is_bare(layer):\n",
        instead="            if False:\n",
        why="all that it gave would go from every device",
        tests=of(SYNCS, "a_layer_that_is_empty_while_its_base_is_not_stops_the_run"),
    ),
    Mutation(
        name="a lower file whose name a folder has gives way",
        file="buckia/plan/clashes.py",
        text="    return case.right is not None and case.right.lent\n",
        instead="    return False\n",
        why="it cannot be taken out of its layer, so each run would try it again",
        tests=of(SYNCS, "a_folder_and_a_file_of_a_lower_layer_of_one_name"),
    ),
    Mutation(
        name="nobody is told that a layer lives elsewhere",
        file="buckia/engine/scan.py",
        text="            insist_here(side, folder, names)\n",
        instead="            if folder or not is_layered:\n"
        "                insist_here(side, folder, names)\n",
        why="what was moved away would be taken for deleted",
        tests=of(SYNCS, "a_layer_that_was_moved_stops_the_run"),
    ),
    Mutation(
        name="change files of a lower layer are to be cleared away",
        file="buckia/engine/clearing.py",
        text="            if self._is_lent(one.key):\n",
        instead="            if False:\n",
        why="that is refused in each run, and what lies behind them stays",
        tests=of(
            "tests/layers/test_inbound.py",
            "change_files_of_a_lower_layer_are_applied_once_by_each_and_stay",
        ),
    ),
)
