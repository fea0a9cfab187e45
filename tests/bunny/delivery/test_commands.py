"""`buckia bunny ...` and a sync with a CDN before it, as somebody types it."""

from __future__ import annotations

import logging
import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia_bunny.testing import Fails
from tests.bunny.delivery.world import HOST, World
from tests.cli.fakes import Ran, Shell

ROOT = f"https://{HOST}/"
SECRETS = ("zone-password-4711", "account-key-4711", "security-key-4711", "read-only-secret")


class Typing(Shell):
    """A folder with a `.buckia` file that names the zone."""

    def __init__(self, folder: Path, world: World) -> None:
        super().__init__(folder, real=True)
        self.points = [EntryPoint("bunny", "buckia_bunny.plugin", "buckia")]
        self.world = world
        self.environ["BUCKIA_SITE_API_KEY"] = world.account.key
        self.settings()

    def settings(self, **more: Any) -> None:
        keys = {
            "provider": "bunny",
            "bucket_name": self.world.fake.zone,
            "endpoint_url": self.world.fake.endpoint,
            "account_url": self.world.account.endpoint,
            "pull_zone": "site",
            "delete_orphaned": True,
            **more,
        }
        given = {name: value for name, value in keys.items() if value is not None}
        config = self.folder / ".buckia"
        config.write_bytes(msgspec.json.encode({"site": given}))
        config.chmod(0o600)

    def put(self, key: str, text: str) -> None:
        file = self.folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def bunny(self, *words: str) -> Ran:
        return self("bunny", *words)

    def seen(self, key: str) -> bytes | int:
        return self.world.visit(f"{ROOT}{key}")


@pytest.fixture
def shell(tmp_path: Path, world: World) -> Typing:
    world.pull_zone()
    folder = tmp_path / "work"
    folder.mkdir()
    return Typing(folder, world)


def well(ran: Ran) -> Ran:
    assert ran.code == 0, f"{ran.out}\n{ran.err}"
    return ran


def test_after_a_sync_visitors_see_what_it_changed(shell: Typing) -> None:
    shell.put("a.txt", "old")
    shell.put("b.txt", "old")
    shell.put("rest.txt", "rest")
    well(shell("sync"))
    assert [shell.seen(key) for key in ("a.txt", "b.txt")] == [b"old", b"old"]
    shell.put("a.txt", "new!")
    (shell.folder / "b.txt").unlink()
    well(shell("sync"))
    assert [shell.seen(key) for key in ("a.txt", "b.txt")] == [b"new!", 404]


def test_below_a_prefix_too(shell: Typing) -> None:
    shell.settings(prefix="below/")
    shell.put("a.txt", "old")
    well(shell("sync"))
    assert shell.seen("below/a.txt") == b"old"
    shell.put("a.txt", "new!")
    well(shell("sync"))
    assert shell.seen("below/a.txt") == b"new!"
    well(shell.bunny("purge", "a.txt"))
    assert shell.world.purges()[-1] == f"{ROOT}below/a.txt"
    assert well(shell("url", "a.txt")).out == f"{ROOT}below/a.txt\n"


def test_without_a_pull_zone_an_address_takes_a_setting_that_is_named(shell: Typing) -> None:
    shell.settings(pull_zone=None)
    ran = shell("url", "a.txt")
    assert ran.code != 0
    assert "set pull_zone" in ran.err


def test_a_sync_whose_changes_cannot_be_shown_names_them_and_the_next_shows_them(
    shell: Typing,
) -> None:
    shell.put("a.txt", "old")
    well(shell("sync"))
    shell.seen("a.txt")
    shell.put("a.txt", "new!")
    shell.world.account.faults = (Fails(on="POST /purge", status=400),)
    ran = shell("sync", "--json")
    assert ran.code == 1
    [bucket] = ran.document["buckets"]
    assert bucket["uploaded"] == 1
    assert [one["path"] for one in bucket["failed"]] == [f"{ROOT}a.txt"]
    assert shell.seen("a.txt") == b"old"
    shell.world.account.faults = ()
    well(shell("sync"))
    assert shell.seen("a.txt") == b"new!"


@pytest.mark.parametrize("deed", ["put", "rm"])
def test_a_single_object_is_shown_as_it_is_by_now(shell: Typing, deed: str) -> None:
    shell.world.fake.tree.put("a.txt", b"old")
    shell.seen("a.txt")
    shell.put("a.txt", "new!")
    well(shell("put", "a.txt", "--force") if deed == "put" else shell("rm", "a.txt"))
    assert shell.seen("a.txt") == (b"new!" if deed == "put" else 404)


def test_a_purge_clears_files_and_folders_and_everything(shell: Typing) -> None:
    for key in ("a.txt", "d/b.txt", "d/e/c.txt", "rest.txt"):
        shell.world.fake.tree.put(key, b"old")
        shell.seen(key)
        shell.world.fake.tree.put(key, b"new")
    ran = well(shell.bunny("purge", "a.txt", "d/"))
    assert ran.out.splitlines() == [f"purged {ROOT}a.txt", f"purged {ROOT}d/"]
    found = [shell.seen(key) for key in ("a.txt", "d/b.txt", "d/e/c.txt", "rest.txt")]
    assert found == [b"new", b"new", b"new", b"old"]
    ran = well(shell.bunny("purge", "--all", "--json"))
    assert ran.document == {"bucket": "site", "purged": [ROOT], "failed": []}
    assert shell.seen("rest.txt") == b"new"


def test_a_purge_that_fails_says_so(shell: Typing) -> None:
    shell.world.account.faults = (Fails(on="POST /purge", status=400, nth=1),)
    ran = shell.bunny("purge", "a.txt", "b.txt")
    assert ran.code == 1
    assert f"{ROOT}a.txt" in ran.err
    assert ran.out == f"purged {ROOT}b.txt\n"


@pytest.mark.parametrize("words", [(), ("a.txt", "--all")])
def test_a_purge_wants_to_know_of_what(shell: Typing, words: tuple[str, ...]) -> None:
    assert shell.bunny("purge", *words).code == 2
    assert shell.world.purges() == []


@pytest.mark.parametrize("lacking", ["pull_zone", "api_key"])
def test_what_a_command_lacks_is_named(shell: Typing, lacking: str) -> None:
    if lacking == "api_key":
        del shell.environ["BUCKIA_SITE_API_KEY"]
        shell.environ["BUCKIA_SITE_PASSWORD"] = "x"
    else:
        shell.settings(pull_zone=None)
    ran = shell.bunny("purge", "a.txt")
    assert ran.code == 2
    assert lacking in ran.err


def test_the_zones_of_the_account_are_listed(shell: Typing) -> None:
    shell.world.fake.tree.put("a", b"x" * 2048)
    out = well(shell.bunny("zones")).out
    assert re.fullmatch(r"zone +DE +1 file +2\.0 KiB +site\n", out), out
    [zone] = well(shell.bunny("zones", "--json")).document["zones"]
    assert (zone["name"], zone["bytes"], zone["files"]) == ("zone", 2048, 1)
    out = well(shell.bunny("pullzones")).out
    assert re.fullmatch(rf"site +\d+ +{HOST}\n", out), out
    [front] = well(shell.bunny("pullzones", "--json")).document["pull_zones"]
    assert (front["name"], front["hosts"], front["signed_only"]) == ("site", [HOST], False)


def test_the_figures_of_a_bucket_are_told(shell: Typing) -> None:
    shell.world.fake.tree.put("a", b"x" * 2048)
    for _ in range(4):
        shell.seen("a")
    out = well(shell.bunny("stats")).out.splitlines()
    assert out[0] == "storage zone zone: 1 file, 2.0 KiB"
    assert out[1].startswith("its pull zone: 4 requests, ")
    assert out[1].endswith(" 75% of the requests out of the cache")
    day = "2027-01-15"
    told = well(shell.bunny("stats", "--from", day, "--to", day, "--hourly", "--json")).document
    assert told["delivered"]["total_requests_served"] == 4
    asked = shell.world.account.requests[-1].query
    assert (asked["dateFrom"], asked["dateTo"], asked["hourly"]) == (day, day, "true")
    assert shell.bunny("stats", "--from", "2026-02-01", "--to", "2026-01-01").code == 2
    shell.settings(pull_zone=None)
    assert "no pull zone" in well(shell.bunny("stats")).out


def test_an_address_is_signed_with_all_that_it_is_bound_to(shell: Typing) -> None:
    shell.world.fake.tree.put("v/a.ts", b"film")
    out = well(
        shell.bunny(
            *("sign", "v/a.ts", "--expires", "1h", "--country", "DE", "--country", "AT"),
            *("--limit", "500", "--ip", "1.2.3.4", "--token-path", "/v/", "--as-directory"),
        )
    ).out.strip()
    assert out.startswith(f"{ROOT}bcdn_token=HS256-1-")
    assert "token_countries=DE%2CAT" in out
    assert "limit=500" in out
    assert out.endswith("/v/a.ts")
    told = well(shell.bunny("sign", "v/a.ts", "--expires", "1h", "--json")).document
    assert told["url"].startswith(f"{ROOT}v/a.ts?token=HS256-")
    for odd in (("--country", "Germany"), ("--ip", "nowhere"), ("--limit", "0")):
        assert shell.bunny("sign", "v/a.ts", "--expires", "1h", *odd).code == 2


def test_an_address_may_be_kept_from_countries_and_let_parameters_be(shell: Typing) -> None:
    sign = ("sign", "a.ts", "--expires", "1h")
    blocked = well(shell.bunny(*sign, "--blocked", "RU", "--blocked", "CN")).out
    assert "token_countries_blocked=RU%2CCN" in blocked
    free = well(shell.bunny(*sign, "--ignore-params")).out
    assert "token_ignore_params=true" in free
    shell.settings(signing="md5")
    assert "HS256" not in well(shell.bunny(*sign)).out
    assert shell.bunny(*sign, "--blocked", "RU").code != 0


def test_every_command_has_help_with_an_example(
    shell: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("purge", "sign", "zones", "pullzones", "stats"):
        assert shell.bunny(name, "--help").code == 0
        assert f"buckia bunny {name}" in capsys.readouterr().out


def test_no_key_is_in_anything_that_is_told_at_any_level(
    shell: Typing, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the zone, of the account, of the pull zone; in logs of ours and of the libraries."""
    caplog.set_level(logging.DEBUG)
    log = shell.folder.parent / "log"
    shell.put("a.txt", "old")
    told = ""
    for words in (
        ("sync",),
        ("status",),
        ("doctor",),
        ("verify",),
        ("url", "a.txt", "--expires", "1h"),
        ("bunny", "purge", "a.txt"),
        ("bunny", "zones", "--json"),
        ("bunny", "pullzones", "--json"),
        ("bunny", "stats", "--json"),
        ("bunny", "sign", "a.txt", "--expires", "1h"),
    ):
        for faults in ((), (Fails(status=401),)):
            shell.world.account.faults = faults
            ran = shell(*words, "--debug", "--log-file", str(log), "--log-level", "debug")
            told += ran.out + ran.err
    shell.world.account.faults = ()
    shell.environ["BUCKIA_SITE_PASSWORD"] = "wrong-4711"
    ran = shell("sync", "--debug")
    assert ran.code == 3
    told += ran.out + ran.err
    state = b"".join(
        file.read_bytes() for file in (shell.folder / ".buckia.state").rglob("*") if file.is_file()
    )
    everything = f"{told}{log.read_text()}{caplog.text}{state!r}"
    assert "HTTP Request" in caplog.text, "or the libraries told nothing at all"
    assert [secret for secret in (*SECRETS, "wrong-4711") if secret in everything] == []
