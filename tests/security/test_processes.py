"""Nothing secret stands where other users of this machine can look: in lines of commands."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.desk import PLANTED, Desk
from tests.security.listening import Listening, Said

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs a system with /proc"
)

LOOKING = """\
import json, os, sys
from pathlib import Path
def of(number, name):
    return Path(f"/proc/{number}/{name}").read_bytes().decode().split("\\0")
place = Path(sys.argv[1])
place.mkdir(exist_ok=True)
seen = {who: {name: of(number, name) for name in ("cmdline", "environ")}
        for who, number in (("us", os.getpid()), ("buckia", os.getppid()))}
(place / sys.argv[2]).write_text(json.dumps(seen))
sys.stdout.write(sys.argv[2] + "-" + "opensesame"[::-1])
"""
"""A command that gives secrets, and writes down what it can see of itself and of who asks."""


def test_commands_that_give_secrets_see_none_and_get_the_environment_as_it_was(
    tmp_path: Path,
) -> None:
    script, seen = tmp_path / "look.py", tmp_path / "seen"
    script.write_text(LOOKING)
    names = ("access_key", "secret_key", "session_token")
    line = shlex.join([sys.executable, str(script), str(seen)])
    with Listening(lambda _heard: Said(403)) as server:
        desk = Desk(
            tmp_path,
            "s3",
            endpoint_url=server.endpoint,
            **{name: f"command:{line} {name}" for name in names},
        )
        ours = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        ours |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        done = subprocess.run(
            [sys.executable, "-m", "buckia", "status"],
            cwd=desk.folder,
            env=ours,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 3, done.stderr
        sent = "\n".join(one.whole for one in server.heard)
        assert "session_token-emasesnepo" in sent, "or the secrets were not used"
    assert {path.name for path in seen.iterdir()} == set(names)
    for path in seen.iterdir():
        found = json.loads(path.read_text())
        given = [word for who in found for word in found[who]["cmdline"]]
        assert not [word for word in given if "emasesnepo" in word]
        assert not [word for word in found["us"]["environ"] if "emasesnepo" in word]
        assert set(found["us"]["environ"]) == {f"{k}={v}" for k, v in ours.items()} | {""}
    assert "emasesnepo" not in done.stdout + done.stderr


def test_a_secret_for_the_keyring_comes_by_standard_input_and_no_option_takes_it(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, "s3")
    assert desk.type("secrets", "set", "notes.secret_key", "on-the-line").code == 2
    for provider in PLANTED:
        helped = desk.type(provider, "--help").out + desk.type("init", "--help").out
        assert not [one for one in ("--secret", "--password", "--token ") if one in helped]


def test_a_run_leaves_the_environment_of_its_process_alone(tmp_path: Path) -> None:
    before = dict(os.environ)
    with Listening(lambda _heard: Said(403)) as server:
        for number, provider in enumerate(PLANTED):
            folder = tmp_path / str(number)
            folder.mkdir()
            Desk(folder, provider, endpoint_url=server.endpoint).type("status")
    assert dict(os.environ) == before
