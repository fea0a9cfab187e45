"""The story: two devices, a server, a friend, and somebody who is no friend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from time import sleep

from photo_app.device import Device
from photo_app.friend import Friend
from photo_app.server import Operator, Server

_PAUSE = 0.05
"""Seconds until somebody takes the next photo."""
_ROUNDS = 10
"""So often at most all devices sync until none of them has anything to do."""


class NotAsTold(Exception):
    """Something did not come out as the story has it."""


class Story:
    """Everybody lives in `folder`, which must be empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._steps = 0
        self._operator = Operator(folder)
        self._user = self._operator.new_user()

    def play(self) -> None:
        with ExitStack() as stack:
            self._the_devices(stack)
            self._both_at_once()
            self._one_caption_twice()
            self._a_friend()
            self._no_friend()
            self._a_mistake()
            self._another_bucket()

    def _the_devices(self, stack: ExitStack) -> None:
        self._begin("A new user has a phone, and takes photos where there is no network")
        self._say(f"The user's folder in the bucket is {self._user}; nobody guesses that.")
        self._phone = stack.enter_context(closing(self._device(Device, "phone")))
        self._album = self._phone.library.new_album("Norway")
        for number in range(1, 6):
            self._phone.library.take_photo(self._album, f"View {number}")
        self._phone.sync()
        self._tablet = stack.enter_context(closing(self._device(Device, "tablet")))
        self._server = stack.enter_context(closing(self._device(Server, "server")))
        self._all_agree()
        held = len(self._tablet.library.photos())
        self._check(held == 5, "a new tablet has the 5 photos, too")

    def _both_at_once(self) -> None:
        self._begin("The phone takes photos, the tablet writes captions, and both sync meanwhile")
        first = [photo.id for photo in self._phone.library.photos()]
        with self._phone.syncing(), self._tablet.syncing():
            for number in range(6, 31):
                self._phone.library.take_photo(self._album, f"View {number}")
                self._tablet.library.edit_caption(first[number % 5], f"Fjord {number}")
                sleep(_PAUSE)
        self._all_agree()
        captions = {photo.caption for photo in self._server.library.photos()}
        views = {f"View {number}" for number in range(6, 31)}
        fjords = {f"Fjord {number}" for number in range(26, 31)}
        self._check(captions == views | fjords, "all have 25 more photos and the last captions")
        told = [row for device in self._devices for row in device.told]
        self._check(not told, "and nothing had to be decided")

    def _one_caption_twice(self) -> None:
        self._begin("Both write the same caption, the tablet a little later")
        photo = self._phone.library.photos()[0].id
        self._phone.library.edit_caption(photo, "The fjord")
        self._tablet.library.edit_caption(photo, "Geiranger, from the ferry")
        self._all_agree()
        caption = self._phone.library.caption(photo)
        self._check(caption == "Geiranger, from the ferry", f"the later one holds: {caption}")
        lost = [row["remote"]["caption"] for row in self._tablet.told]
        self._check(lost == ["The fjord"], "and the tablet was told what gave way: The fjord")

    def _a_friend(self) -> None:
        self._begin("A friend likes a photo and comments on it")
        library = self._phone.library
        self._friend = Friend(self._folder / "friend", self._user, "common")
        file = self._friend.change_file(
            "INSERT INTO likes SELECT id, 'Kim' FROM photos ORDER BY edited LIMIT 1",
            "INSERT INTO comments SELECT 'kim-1', id, 'Kim', 'Was it cold?'"
            " FROM photos ORDER BY edited LIMIT 1",
        )
        self._friend.send(file)
        self._all_agree()
        self._check(library.likes() == ["Kim"], "the phone shows that Kim likes it")
        self._check(library.comments() == ["Was it cold?"], "and what Kim asks: Was it cold?")
        library.remove_comment("Was it cold?")
        self._all_agree()
        self._friend.send(file)
        self._all_agree()
        self._check(
            not library.comments(), "once removed, the comment stays away, although sent again"
        )

    def _no_friend(self) -> None:
        self._begin("Somebody sends what nobody allowed")
        before = self._phone.library.everything()
        stranger = self._friend
        stranger.send(stranger.change_file("UPDATE photos SET caption = 'Buy pills'"))
        stranger.send(stranger.forged_file("photos; DROP TABLE photos"))
        received = self._server.sync().inbound
        refused = received.quarantined if received is not None else ()
        for file in refused:
            self._say(f"Refused: {file.reason}")
        kept = [file for file in refused if file.kept.exists()]
        self._check(len(kept) == 2, "both files are in quarantine on the server")
        self._all_agree()
        self._check(self._phone.library.everything() == before, "and nothing has changed")

    def _a_mistake(self) -> None:
        self._begin("A picture is deleted on the tablet, by mistake")
        photo = self._tablet.library.photos()[0].id
        here, there = (one.library.picture(photo) for one in (self._tablet, self._phone))
        content = here.read_bytes()
        here.unlink()
        self._all_agree()
        self._check(not there.exists(), "it is gone on the phone as well")
        self._phone.restore(there)
        self._all_agree()
        self._check(here.read_bytes() == content, "the phone brings it back, for all")

    def _another_bucket(self) -> None:
        self._begin("The user is moved to another bucket, while the phone takes photos")
        library = self._phone.library
        photos = len(library.photos())
        with self._phone.syncing(), ThreadPoolExecutor(1) as pool:
            moving = pool.submit(self._operator.move, self._user, source="common", target="premium")
            while not moving.done():
                library.take_photo(self._album, "Meanwhile")
                photos += 1
                sleep(_PAUSE)
            moving.result()
        # No sync has taken this one to the old bucket, and none will.
        library.take_photo(self._album, "A moment later")
        photos += 1
        self._check(self._phone.moved_to() == "premium", "the phone is told where the folder is")
        for device in self._devices:
            device.use(device.moved_to())
        self._all_agree()
        held = len(self._tablet.library.photos())
        self._check(held == photos, f"all {photos} photos are on the tablet, the last one, too")
        left = [path.name for path in (self._folder / "buckets/common" / self._user).iterdir()]
        self._check(left == [".buckia-moved"], "and the old bucket has but a note of it")

    def _device(self, kind: type[Device], name: str) -> Device:
        return kind(self._folder / name, self._user, "common")

    @property
    def _devices(self) -> tuple[Device, ...]:
        return self._phone, self._tablet, self._server

    def _all_agree(self) -> None:
        """Let all sync until none of them has anything to do; then they must hold the same."""
        for _ in range(_ROUNDS):
            results = [device.sync() for device in self._devices]
            if not any(result.actions or result.failed for result in results):
                break
        else:
            raise NotAsTold(f"after {_ROUNDS} syncs of each device there is still something to do")
        first, *others = (device.library.everything() for device in self._devices)
        if any(other != first for other in others):
            raise NotAsTold("the devices do not hold the same rows and pictures")

    def _begin(self, text: str) -> None:
        self._steps += 1
        print(f"\n{self._steps}. {text}")

    def _say(self, text: str) -> None:
        print(f"   {text}")

    def _check(self, holds: bool, words: str) -> None:
        if not holds:
            raise NotAsTold(words)
        print(f"   ok: {words}")
