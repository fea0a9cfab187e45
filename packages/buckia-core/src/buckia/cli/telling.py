"""What happens in a run, in words and in the colours of its kinds of action."""

from __future__ import annotations

from buckia import events
from buckia.cli.amounts import duration, number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import shown

DONE = {
    "upload": "uploaded",
    "download": "downloaded",
    "delete_local": "deleted here",
    "delete_remote": "deleted in the bucket",
    "rename_local": "renamed here",
    "rename_remote": "renamed in the bucket",
    "adopt": "recorded as equal",
    "conflict": "conflict",
}
"""What has been done by each kind of action; another one is shown by its own name."""

STYLES = {
    "upload": "green",
    "download": "cyan",
    "delete_local": "red",
    "delete_remote": "red",
    "rename_local": "magenta",
    "rename_remote": "magenta",
    "adopt": "dim",
    "conflict": "yellow bold",
}


def looking(event: events.Scanned) -> str:
    return f"seen {number(event.left)} here and {number(event.right)} in the bucket so far"


def comparing(event: events.Comparing) -> str:
    return f"read {several(event.objects, 'file')} ({size(event.size)}) to compare them so far"


def planned(event: events.Planned) -> str:
    parts = [several(event.actions, "action") + " to do"]
    if event.bytes_up:
        parts.append(f"{size(event.bytes_up)} up")
    if event.bytes_down:
        parts.append(f"{size(event.bytes_down)} down")
    return ", ".join(parts)


def detail_of(event: events.Event, output: Output) -> str:
    """The line that -v shows for an event; empty for most."""
    match event:
        case events.ActionDone(action=action, path=path, error=""):
            said = DONE.get(action, action)
            kept = f"  (the other version: {shown(event.kept)})" if event.kept else ""
            return f"{output.styled_error(said, STYLES.get(action, 'dim'))}  {shown(path)}{kept}"
        case events.ActionDone(action=action, path=path):
            failed = output.styled_error("failed", "red bold")
            return f"{failed}  {shown(path)}: {shown(event.message or event.error)}"
        case events.Retrying():
            pause = duration(event.seconds)
            where = f" of {shown(event.path)}" if event.path else ""
            return f"try {event.attempt}{where} failed, again in {pause}: {shown(event.message)}"
    return ""
