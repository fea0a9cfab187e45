"""`buckia demo`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from buckia.cli import completing
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.cli.tour.guide import Guide, Interrupted
from buckia.cli.tour.scene import Scene, tree
from buckia.cli.tour.story import tell
from buckia.cli.tour.venue import LOCAL, venue
from buckia.errors import ConfigError


@command(
    "demo",
    examples=[
        ("buckia demo", "in a new folder of its own"),
        ("buckia demo --directory try-it --no-pause", "in that folder, without waiting"),
        ("buckia demo --provider NAME", "on a stand-in of that service, on this machine"),
    ],
)
@click.option(
    "--provider",
    metavar="NAME",
    default=LOCAL,
    shell_complete=completing.providers,
    help="The kind of bucket to play with; usually a folder.",
)
@click.option("--keep/--no-keep", default=True, help="Leave the folders to play with (usual).")
@click.option("--no-pause", is_flag=True, help="Do not wait for Enter between the steps.")
@click.pass_obj
def demo(session: Session, provider: str, keep: bool, no_pause: bool) -> int:
    """A guided tour on throw-away folders: works on a fresh machine, and offline.

    Makes a folder of an app and one that stands for a bucket, changes both, and runs the real
    commands on them. --directory says where; it has to be empty or new. With --provider the
    bucket is on a stand-in of that service, which runs on this machine until the tour ends.
    """
    if session.flags.config is not None:
        raise ConfigError("demo writes a .buckia file of its own", hint="Leave --config out.")
    from buckia.cli.app import run

    with venue(session.plugins, provider) as place:
        scene = Scene(_folder(session), place, session.plugins)
        waiting = session.terminal.interactive and session.terminal.stdout.isatty()
        plain = no_pause or session.flags.quiet or session.flags.json
        guide = Guide(session, run, scene.app, pause=waiting and not plain)
        try:
            tell(guide, scene)
            files = len(tree(scene.app))
        except Interrupted:
            return ExitCode.INTERRUPTED
        finally:
            if not keep:
                shutil.rmtree(scene.folder, ignore_errors=True)
    _end(session, guide, scene, files=files, keep=keep)
    return ExitCode.FAILED if guide.problems else ExitCode.DONE


def _folder(session: Session) -> Path:
    if session.flags.directory is None:
        return Path(tempfile.mkdtemp(prefix="buckia-demo-")).resolve()
    folder = session.terminal.path(session.flags.directory).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already, and not empty", hint="Name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _end(session: Session, guide: Guide, scene: Scene, *, files: int, keep: bool) -> None:
    for problem in guide.problems:
        session.output.fail(f"not as told: {problem}")
    output = session.output
    if not guide.problems:
        output.say()
        output.say(f"All went as told: both sides hold the same {files} files.")
    if not scene.venue.is_folder:
        _tell_what_ended(session, scene, keep=keep)
    elif keep:
        output.say()
        output.say("The folders are yours to play with:")
        output.say(f"    cd {shown(str(scene.app))}")
        output.say("    buckia status")
        output.say(f"They can be deleted at any time: {shown(str(scene.folder))}")
    session.document.whole(
        {
            "well": not guide.problems,
            "problems": guide.problems,
            "directory": scene.folder if keep else None,
            "files": files,
        }
    )


def _tell_what_ended(session: Session, scene: Scene, *, keep: bool) -> None:
    """What is left of a tour whose bucket went with its stand-in."""
    output, provider = session.output, shown(scene.venue.provider)
    output.say()
    output.say(f"The stand-in of {provider} has ended, and the bucket went with it.")
    if keep:
        left = shown(str(scene.folder))
        output.say(f"What is left can be looked at, and deleted at any time: {left}")
    output.say(f"For a bucket of your own: buckia init --provider {provider}")
