"""Lies about what is there: listings, names, and what is absent."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, cast
from urllib.parse import unquote, unquote_plus

from buckia.errors import InvalidKey, NotFound
from buckia.model import BasicEntry, Traits
from buckia.protocols import Body, Entry, Reading
from tests.conformance.liar import TREE, Liar, caught_by, flat, given, pause

Pages = Iterator[Sequence[Entry]]


class Reordered(Liar):
    def scan(self, prefix: str = "") -> Pages:
        entries = flat(super().scan(prefix))
        if entries:
            yield sorted(entries, key=lambda entry: self.order(entry.key))

    def order(self, key: str) -> Any:
        return key


@caught_by("a_scan_is_in_code_point_order")
class OrderOfUtf16(Reordered):
    def order(self, key: str) -> Any:
        return key.encode("utf-16-be")


@caught_by("a_scan_is_in_code_point_order")
class OrderOfLetters(Reordered):
    def order(self, key: str) -> Any:
        return key.casefold()


@caught_by("a_slash_sorts_between_its_neighbours", "a_scan_is_in_code_point_order")
class OrderOfFolders(Reordered):
    def order(self, key: str) -> Any:
        return key.split("/")


@caught_by("a_scan_is_in_code_point_order", "awkward_keys_live_side_by_side")
class OrderOfWriting(Reordered):
    def order(self, key: str) -> Any:
        return int(self.stored(key).entry.version)


@caught_by("more_than_a_thousand_objects_are_listed_in_full")
class FirstPageOnly(Liar):
    def scan(self, prefix: str = "") -> Pages:
        for page in super().scan(prefix):
            yield page
            return


@caught_by("more_than_a_thousand_objects_are_listed_in_full")
class LostPage(Liar):
    options: ClassVar = {"page_size": 400}

    def scan(self, prefix: str = "") -> Pages:
        for number, page in enumerate(super().scan(prefix)):
            if number != 1:
                yield page


@caught_by("more_than_a_thousand_objects_are_listed_in_full")
class OverlappingPages(Liar):
    def scan(self, prefix: str = "") -> Pages:
        last: list[Entry] = []
        for page in super().scan(prefix):
            yield [*last, *page]
            last = list(page)[-1:]


@caught_by("more_than_a_thousand_objects_are_listed_in_full")
class OneHugePage(Liar):
    options: ClassVar = {"page_size": 1_000_000}


@caught_by("deletes_during_a_scan_hide_no_other_object")
class PagesByPosition(Liar):
    def scan(self, prefix: str = "") -> Pages:
        start = 0
        while page := flat(super().scan(prefix))[start : start + 100]:
            yield page
            start += 100


@caught_by("a_scan_prefix_is_a_plain_string_prefix")
class PrefixIsFolder(Liar):
    def scan(self, prefix: str = "") -> Pages:
        folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        return super().scan(folder)


@caught_by("a_scan_prefix_knows_no_wildcards")
class PrefixIsPattern(Liar):
    def scan(self, prefix: str = "") -> Pages:
        found = [e for e in flat(super().scan()) if fnmatch.fnmatchcase(e.key, prefix + "*")]
        if found:
            yield found


@caught_by("a_scan_names_every_object_once_and_nothing_else")
class ListsFolders(Liar):
    def scan(self, prefix: str = "") -> Pages:
        entries = flat(super().scan(prefix))
        folders = {e.key.rpartition("/")[0] + "/" for e in entries if "/" in e.key}
        made = [BasicEntry(key=folder, size=0, version="-") for folder in folders]
        yield sorted([*entries, *made], key=lambda entry: entry.key)


@caught_by("an_empty_store_lists_nothing")
class EmptyIsNotFound(Liar):
    def scan(self, prefix: str = "") -> Pages:
        if not self.contents():
            raise NotFound("no such bucket")
        return super().scan(prefix)


@caught_by("a_scan_can_be_repeated", "a_deleted_object_is_gone_everywhere")
class ListingIsRemembered(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.remembered: list[Entry] = []

    def scan(self, prefix: str = "") -> Pages:
        self.remembered = self.remembered or flat(super().scan())
        if found := [e for e in self.remembered if e.key.startswith(prefix)]:
            yield found

    def delete(self, key: str) -> None:
        self.remembered = flat(super().scan())
        super().delete(key)


@caught_by("a_scan_that_is_stopped_early_leaks_nothing")
class ScanLeaksThreads(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def scan(self, prefix: str = "") -> Pages:
        reader = threading.Thread(target=self.end.wait, daemon=True)
        reader.start()
        yield from super().scan(prefix)

    def __del__(self) -> None:
        self.end.set()


@caught_by("a_scan_holds_no_lock")
class ScanHoldsItsLock(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.busy = threading.Lock()

    def scan(self, prefix: str = "") -> Pages:
        with self.busy:
            yield from super().scan(prefix)

    def write(self, key: str, body: Body) -> Entry:
        assert self.busy.acquire(timeout=0.05), "waits for the scan"
        self.busy.release()
        return super().write(key, body)


@caught_by("two_scans_at_once_do_not_disturb_each_other")
class OneCursor(Liar):
    options: ClassVar = {"page_size": 5}

    def scan(self, prefix: str = "") -> Pages:
        self.cursor = flat(super().scan(prefix))
        while self.cursor:
            yield self.cursor[:5]
            self.cursor = self.cursor[5:]


@caught_by("many_threads_list_at_once")
class OneHandleForAllThreads(Liar):
    options: ClassVar = {"page_size": 5}

    def scan(self, prefix: str = "") -> Pages:
        self.position = 0
        entries = flat(super().scan(prefix))
        while page := entries[self.position : self.position + 5]:
            pause()
            yield page
            self.position += 5


@caught_by("a_scan_sees_all_that_rests_while_others_write")
class ScanStopsWhenDisturbed(Liar):
    options: ClassVar = {"page_size": 3}

    def scan(self, prefix: str = "") -> Pages:
        for page in super().scan(prefix):
            before = self._writes
            yield page
            threading.Event().wait(0.001)
            if self._writes != before:
                return


@caught_by("every_page_is_a_sequence_of_entries")
class PagesAreIterators(Liar):
    def scan(self, prefix: str = "") -> Pages:
        for page in super().scan(prefix):
            yield cast(Sequence[Entry], iter(page))


@caught_by("a_listing_and_stat_tell_the_same")
class ListsNoEmptyObjects(Liar):
    def scan(self, prefix: str = "") -> Pages:
        if found := [entry for entry in flat(super().scan(prefix)) if entry.size]:
            yield found


# Names


class Renaming(Liar):
    """Stores an object under another name than it was given, consistently."""

    def rename(self, key: str) -> str:
        return key

    def write(self, key: str, body: Body) -> Entry:
        return super().write(self.rename(key), body)

    def stat(self, key: str) -> Entry:
        return super().stat(self.rename(key))

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return super().read(self.rename(key), version=version)

    def delete(self, key: str) -> None:
        super().delete(self.rename(key))


@caught_by("an_awkward_key_is_kept_exactly", "awkward_keys_live_side_by_side")
class UnquotesOnce(Renaming):
    def rename(self, key: str) -> str:
        return unquote(key)


@caught_by("two_names_that_look_alike_are_two_objects")
class PlusIsSpace(Renaming):
    def rename(self, key: str) -> str:
        return unquote_plus(key)


@caught_by("an_awkward_key_is_kept_exactly", "two_names_that_look_alike_are_two_objects")
class Composes(Renaming):
    def rename(self, key: str) -> str:
        return unicodedata.normalize("NFC", key)


@caught_by("an_extreme_key_is_kept_exactly_or_refused")
class StripsBlanks(Renaming):
    def rename(self, key: str) -> str:
        return key.strip()


@caught_by("a_hostile_key_is_kept_exactly_or_refused", "a_hostile_key_finds_and_deletes_nothing")
class TidiesPaths(Renaming):
    def rename(self, key: str) -> str:
        return posixpath.normpath("/" + key).lstrip("/")


@caught_by("a_key_beyond_the_traits_is_refused")
class CutsLongNames(Renaming):
    shape = TREE

    def rename(self, key: str) -> str:
        return "/".join(name[:255] for name in key.split("/"))[:1_000]


@caught_by("a_forbidden_character_is_refused")
class ReplacesCharacters(Renaming):
    shape = TREE

    def rename(self, key: str) -> str:
        return re.sub(r'[*?"<>|]', "_", key)


@caught_by("the_longest_key_that_traits_allow_is_held")
class TraitsAreTooRoomy(Liar):
    shape = TREE

    def write(self, key: str, body: Body) -> Entry:
        if len(key) > 200:
            raise InvalidKey("too long", key=key)
        return super().write(key, body)


@caught_by("a_refused_key_is_named_in_the_error")
class RefusesInRiddles(Liar):
    def write(self, key: str, body: Body) -> Entry:
        key.encode()
        return super().write(key, body)


@caught_by("a_hostile_key_finds_and_deletes_nothing")
class TheEmptyKeyIsAll(Liar):
    def delete(self, key: str) -> None:
        for name in list(self.contents()) if not key else [key]:
            super().delete(name)


@caught_by("a_file_and_a_folder_of_one_name_are_as_the_traits_say")
class SaysItIsATree(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.traits = Traits(flat=False)


# What is absent


class Asked(Liar):
    """Answers the three ways to ask for one object by a rule of its own."""

    def found(self, key: str) -> Entry | None:
        """An entry in place of the true answer."""
        del key
        return None

    def stat(self, key: str) -> Entry:
        return self.found(key) or super().stat(key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        entry = self.found(key)
        if entry is None:
            return super().read(key, version=version)
        return given(entry, self.contents().get(entry.key, b""))


@caught_by("what_never_was_is_not_found", "what_was_deleted_is_not_found")
class VendorsErrors(Asked):
    def found(self, key: str) -> Entry | None:
        if key not in self.contents():
            raise KeyError(key)
        return None


@caught_by("what_never_was_is_not_found")
class ForgetsWhichKey(Asked):
    def found(self, key: str) -> Entry | None:
        if key not in self.contents():
            raise NotFound("404 Not Found")
        return None


@caught_by("a_folder_is_not_found")
class FoldersAreObjects(Asked):
    def found(self, key: str) -> Entry | None:
        if any(name.startswith(key + "/") for name in self.contents()):
            return BasicEntry(key=key, size=0, version="folder")
        return None


@caught_by("what_lies_below_an_object_is_not_found")
class PathThroughAnObject(Asked):
    def found(self, key: str) -> Entry | None:
        if any(key.startswith(name + "/") for name in self.contents()):
            raise NotADirectoryError(key)
        return None


@caught_by("a_near_name_is_not_found")
class FindsByPrefix(Asked):
    def found(self, key: str) -> Entry | None:
        if key in self.contents():
            return None
        entries = flat(self.scan(key))
        return entries[0] if entries else None


@caught_by("an_empty_object_is_found", "an_empty_object_can_be_deleted")
class EmptyIsAbsent(Asked):
    def found(self, key: str) -> Entry | None:
        if not self.contents().get(key):
            raise NotFound("nothing there", key=key)
        return None


@caught_by("asking_for_what_is_absent_makes_nothing")
class AskingMakes(Asked):
    def found(self, key: str) -> Entry | None:
        if key not in self.contents():
            self.force(key, b"")
            raise NotFound("nothing there", key=key)
        return None


@caught_by("failures_leak_nothing")
class FailuresLeak(Asked):
    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def found(self, key: str) -> Entry | None:
        if key not in self.contents():
            threading.Thread(target=self.end.wait, daemon=True).start()
        return None

    def __del__(self) -> None:
        self.end.set()


# Deletes


class Deleting(Liar):
    """Deletes what `goes` says, given the key and each name there is."""

    goes: Callable[[str, str], bool]

    def delete(self, key: str) -> None:
        for name in list(self.contents()):
            if type(self).goes(key, name):
                super().delete(name)


@caught_by("deleting_a_folders_name_leaves_its_contents")
class DeletesFolders(Deleting):
    goes = staticmethod(lambda key, name: name == key or name.startswith(key.rstrip("/") + "/"))


@caught_by("a_delete_spares_all_that_begins_alike")
class DeletesByPrefix(Deleting):
    goes = staticmethod(lambda key, name: name.startswith(key))


@caught_by("a_delete_knows_no_wildcards")
class DeletesByPattern(Deleting):
    goes = staticmethod(lambda key, name: fnmatch.fnmatchcase(name, key))


@caught_by("a_delete_ignores_the_case_only_where_names_fold")
class DeletesAnyCase(Deleting):
    goes = staticmethod(lambda key, name: name.casefold() == key.casefold())


@caught_by("deleting_below_an_object_leaves_it")
class DeletesAbove(Deleting):
    goes = staticmethod(lambda key, name: name == key or key.startswith(name + "/"))


@caught_by("deleting_what_is_absent_is_fine", "many_threads_delete_one_key")
class DeletingTheAbsentFails(Liar):
    def delete(self, key: str) -> None:
        self.stat(key)
        super().delete(key)


@caught_by("a_deleted_object_is_gone_everywhere")
class DeletesNothing(Liar):
    def delete(self, key: str) -> None:
        pass


@caught_by("a_deleted_key_can_be_written_again")
class Tombstones(Liar):
    def __init__(self) -> None:
        super().__init__()
        self.graves: set[str] = set()

    def delete(self, key: str) -> None:
        super().delete(key)
        self.graves.add(key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        if key in self.graves:
            raise NotFound("deleted", key=key)
        return super().read(key, version=version)


@caught_by("a_name_that_deletes_have_freed_can_be_a_file")
class EmptyFoldersStay(Liar):
    shape = TREE

    def __init__(self) -> None:
        super().__init__()
        self.folders: set[str] = set()

    def write(self, key: str, body: Body) -> Entry:
        if key in self.folders:
            raise InvalidKey("a folder", key=key)
        self.folders.add(key.rpartition("/")[0])
        return super().write(key, body)
