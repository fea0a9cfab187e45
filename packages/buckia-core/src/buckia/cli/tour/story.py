"""The steps of the tour."""

from __future__ import annotations

from buckia.cli.shown import shown
from buckia.cli.tour.guide import Guide
from buckia.cli.tour.scene import MOON, PHONE, SUN, Scene, rows, tree
from buckia.databases.header import plainly


def tell(guide: Guide, scene: Scene) -> None:
    """The whole tour, from nothing to the proof."""
    guide.title("A tour of Buckia")
    if scene.venue.is_folder:
        guide.say(f"All of it happens below {scene.folder}; nothing else is touched.")
    else:
        guide.say(f"All of it happens below {scene.folder} and on a stand-in of {_kind(scene)},")
        guide.say("which runs on this machine until the tour ends; nothing else is touched.")
    for act in (begin, first_sync, both_change, conflict, bring_back, prove):
        act(guide, scene)


def begin(guide: Guide, scene: Scene) -> None:
    if scene.venue.is_folder:
        guide.step("Two folders, and a file that says what to do")
        bucket = "bucket/  stands for a bucket: a folder here, so that no network is needed"
    else:
        guide.step("A folder, a bucket, and a file that says what to do")
        bucket = f"bucket   is on the stand-in of {_kind(scene)}, so that no network is needed"
    scene.build()
    guide.say("app/     belongs to an app: pictures, notes, an SQLite database")
    guide.say(bucket)
    guide.say("All commands are typed in app/, where the file .buckia says what to sync:")
    guide.show("cat .buckia", scene.venue.config())


def first_sync(guide: Guide, scene: Scene) -> None:
    guide.step("The first sync")
    guide.say("The bucket is empty. `status` shows what a sync would do, and does nothing:")
    guide.run("status")
    guide.check(not scene.bucket.tree(), "status wrote into the bucket")
    guide.say("\nAnd `sync` does it:")
    guide.run("sync")
    _check_same(guide, scene, "after the first sync")
    guide.check("images/moon.png" in scene.bucket.tree(), "the pictures are not in the bucket")


def both_change(guide: Guide, scene: Scene) -> None:
    guide.step("Both sides change")
    scene.change_both()
    guide.say("Here, the app adds a row to its database and renames sun.png to evening.png.")
    guide.say("Meanwhile a phone puts phone.png into the bucket and deletes moon.png there.")
    guide.run("status")
    guide.run("sync")
    _check_same(guide, scene, "after both sides changed")
    here = tree(scene.app)
    guide.check(here.get("images/phone.png") == PHONE, "the phone's picture did not come")
    guide.check("images/moon.png" not in here, "the deletion did not come")
    there = scene.bucket.tree()
    guide.check(there.get("images/evening.png") == SUN, "the renamed picture is not there")
    guide.check("images/sun.png" not in there, "the old name is still there")
    guide.check("phone" in rows(there), "the new row is not in the bucket")
    if scene.bucket.renames():
        guide.say("\nThe rename was a rename: the picture itself was not sent again.")
    else:
        guide.say(
            "\nThis kind of bucket can neither move nor copy what it holds, so for the rename"
        )
        guide.say("the picture was sent again under its new name, and the old one deleted.")


def conflict(guide: Guide, scene: Scene) -> None:
    guide.step("A conflict")
    scene.change_notes()
    guide.say("Now notes.txt is edited here, and differently on the phone.")
    guide.say("The file says keep_both, so nobody's words are lost:")
    guide.run("sync")
    _check_same(guide, scene, "after the conflict")
    notes = {name: content for name, content in tree(scene.app).items() if "notes" in name}
    words = b"".join(notes.values())
    guide.check(len(notes) == 2, "there should be two notes")
    guide.check(b"Written here." in words, "the words written here are lost")
    guide.check(b"Written on a phone." in words, "the words written on the phone are lost")
    for name, content in sorted(notes.items()):
        guide.show(f"cat {name}", content.decode())


def bring_back(guide: Guide, scene: Scene) -> None:
    guide.step("What was deleted comes back")
    guide.say("The phone deleted moon.png, so the sync did it here too. It is in the trash:")
    guide.run("restore", "--list", "images/")
    guide.run("restore", "images/moon.png")
    guide.check(tree(scene.app).get("images/moon.png") == MOON, "the moon did not come back")
    guide.say("\nAnd the next sync takes it to the bucket again:")
    guide.run("sync")
    guide.check(scene.bucket.tree().get("images/moon.png") == MOON, "the moon is not in the bucket")


def prove(guide: Guide, scene: Scene) -> None:
    guide.step("The proof")
    guide.say("`verify` reads and compares every byte of both sides:")
    guide.run("verify")
    _check_same(guide, scene, "at the end")


def _kind(scene: Scene) -> str:
    """The name of the provider, fit to be shown."""
    return shown(scene.venue.provider)


def _check_same(guide: Guide, scene: Scene, when: str) -> None:
    """See with our own eyes that both sides hold the same."""
    here, there = tree(scene.app), scene.bucket.tree()
    same = {key for key in here.keys() & there if plainly(here[key]) == plainly(there[key])}
    differing = sorted((here.keys() | there.keys()) - same)
    guide.check(not differing, f"{when}, these differ: {', '.join(differing)}")
    guide.check(bool(here), f"{when}, there is nothing at all")
