"""`buckia init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from buckia.cli import completing
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.interview import LOCAL, Interview, own_keys, provider_name
from buckia.cli.recipe import Recipe, checked, refuse_others, save, written
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.config import BucketConfig
from buckia.errors import ConfigError

BESIDE = "../buckets"
"""Where the folder of a local bucket is looked for: beside the synced folder, not inside it."""


@command(
    "init",
    examples=[
        ("buckia init", "asks for all it needs"),
        ("buckia init --provider local --bucket-name backup --root /mnt/usb", "without questions"),
        ("buckia init --path images --path static --set max_workers=4", "with more in it"),
    ],
)
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=completing.providers,
    help="The kind of storage.",
)
@click.option("--bucket-name", metavar="NAME", help="The bucket's name in the storage.")
@click.option("--name", metavar="BUCKET", help="Its name in this file; usually the same.")
@click.option("--path", "paths", multiple=True, metavar="DIR", help="A folder to sync; repeatable.")
@click.option("--region", metavar="NAME", help="Where the bucket is.")
@click.option("--endpoint-url", metavar="URL", help="The address of the service.")
@click.option("--root", metavar="DIR", help="For local buckets: the folder that holds them.")
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Any other key; repeatable."
)
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@click.pass_obj
def init(session: Session, /, yes: bool, force: bool, **options: Any) -> int:
    """Write a .buckia file into this folder, or where --directory or --config says.

    Asks on a terminal for what is not given. Secrets are never written into the file.
    """
    path = _target(session)
    refuse_others(path, force=force)
    interview = Interview(session, asking=session.terminal.interactive and not yes)
    if interview.asking:
        session.output.tell(f"For {shown(str(path))}; Enter takes what stands in [brackets].")
    recipe = _recipe(session, interview, options)
    config = checked(recipe, path)
    wanted = _folder_to_make(interview, config, path)
    save(written(recipe), path, replace=force)
    made = _make(wanted) if wanted is not None else None
    _tell(session, recipe, path, made)
    session.document.whole(
        {"path": path, "bucket": recipe.name, "secrets": recipe.missing_secrets(), "made": made}
    )
    return ExitCode.DONE


def _target(session: Session) -> Path:
    if session.flags.config is not None:
        path = session.terminal.path(session.flags.config)
    else:
        path = session.terminal.path(session.flags.directory or ".") / ".buckia"
    if not path.parent.is_dir():
        raise ConfigError(f"{path.parent}: there is no such folder")
    return path


def _recipe(session: Session, interview: Interview, options: dict[str, Any]) -> Recipe:
    pairs = _pairs(options["pairs"])
    for option in ("provider", "bucket_name", "region", "endpoint_url", "root"):
        given = options[option]
        if given is not None and option in pairs:
            raise ConfigError(f"{option} is given twice, by an option and by --set")
    provider = provider_name(interview, session, options["provider"] or pairs.pop("provider", None))
    loaded = session.plugins.provider(provider)
    bucket = options["bucket_name"] or pairs.pop("bucket_name", None)
    bucket = interview.required(bucket, "Name of the bucket?", "--bucket-name")
    name = interview.text(options["name"], "Name for it in this file?", bucket)
    keys: dict[str, Any] = {"provider": provider, "bucket_name": bucket}
    for key in ("region", "endpoint_url", "root"):
        if options[key] is not None:
            keys[key] = options[key]
    if provider == LOCAL:
        if "root" not in keys and "root" not in pairs:
            keys["root"] = interview.text(None, "Folder that holds the bucket's folder?", BESIDE)
    elif interview.asking:
        for key, question in (("region", "Region"), ("endpoint_url", "Address of the service")):
            if key not in keys and key not in pairs:
                answer = interview.text(None, f"{question} (Enter for the usual one)?")
                keys |= {key: answer} if answer else {}
    keys |= own_keys(interview, session, provider, {**pairs})
    keys |= _folders(interview, options["paths"], keys)
    return Recipe(name=name, keys=keys, provider=loaded)


def _folders(interview: Interview, paths: tuple[str, ...], keys: dict[str, Any]) -> dict[str, Any]:
    """What to sync, and whether deletions travel."""
    found: dict[str, Any] = {}
    if paths and "paths" in keys:
        raise ConfigError("paths is given twice, by --path and by --set")
    if "paths" not in keys:
        found["paths"] = list(paths) or [interview.text(None, "Folder to sync?", ".")]
    if "delete_orphaned" not in keys and interview.yes(
        "Do deletions on one side also happen on the other?", default=False
    ):
        found["delete_orphaned"] = True
    return found


def _pairs(given: tuple[str, ...]) -> dict[str, Any]:
    """KEY=VALUE of --set; the value is read as it would be in the file."""
    from buckia.config.formats import parse
    from buckia.config.unreadable import Unreadable

    found: dict[str, Any] = {}
    for pair in given:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            # What stands there is not shown: it may be a secret that was meant for elsewhere.
            raise ConfigError("--set takes KEY=VALUE")
        if key in found:
            raise ConfigError(f"--set gives {key} twice")
        try:
            found[key] = parse(text, ".yaml").root
        except Unreadable as error:
            raise ConfigError(f"--set {key}: {error}", hint="Put the value into quotes.") from None
    return found


def _folder_to_make(interview: Interview, config: BucketConfig, path: Path) -> Path | None:
    """For a bucket that is a folder: the folder, where it is not there yet and is wanted.

    A bucket inside of what is synced, or around it, would be synced into itself.
    """
    if config.provider != LOCAL:
        return None
    base = path.absolute().parent
    folder = base / str(config.options.get("root", ".")) / config.bucket_name
    for root in config.paths:
        if _hold_each_other(base / root.path, folder):
            raise ConfigError(
                f"the bucket's folder {folder} and the synced folder {root.path} hold each other",
                hint="Give another --root, beside the synced folder, or another --path.",
            )
    question = f"Make the bucket's folder {shown(os.path.realpath(folder))}?"
    missing = not folder.is_dir()
    return folder if missing and interview.yes(question, default=True) else None


def _hold_each_other(one: Path, other: Path) -> bool:
    places = [Path(os.path.realpath(path)) for path in (one, other)]
    return places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0])


def _make(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}") from error
    return folder.resolve()


def _tell(session: Session, recipe: Recipe, path: Path, made: Path | None) -> None:
    output = session.output
    output.say(f"Wrote {shown(str(path))}")
    if made is not None:
        output.say(f"Made the bucket's folder {shown(str(made))}")
    for key in recipe.missing_secrets():
        output.say(f"If {key} is needed: buckia secrets set {recipe.name}.{key}")
    output.say("See what a sync would do: buckia status. Then: buckia sync")
