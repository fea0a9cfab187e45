"""`buckia s3 ...` as somebody types it, with a bucket of moto behind it."""

from __future__ import annotations

import json
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from buckia_s3.admin import KINDS
from buckia_s3.habits import Habits
from tests.cli.fakes import Ran, Shell
from tests.s3.acting import HONOURS_ALL, like_aws
from tests.s3.buckets import Bucket
from tests.s3.servers.conditions import IgnoresConditions
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.test_admin import CORS, DOCUMENTS, LIFECYCLE, Instead, policy

NAMES = [kind.name for kind in KINDS]
READ = '{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}'


class World(Shell):
    """A folder with a `.buckia` file that names a bucket of its own."""

    def __init__(self, folder: Path, moto: Moto) -> None:
        super().__init__(folder, real=True)
        self.points = [
            EntryPoint("s3", "buckia_s3.plugin", "buckia"),
            EntryPoint("memory", "buckia.stores.memory.plugin", "buckia"),
        ]
        self.there = Bucket(moto, folder)
        self.environ |= {"BUCKIA_ASSETS_ACCESS_KEY": "me", "BUCKIA_ASSETS_SECRET_KEY": "not-told"}
        self.settings()

    def settings(self, endpoint: str = "", **more: Any) -> None:
        keys = {
            "provider": "s3",
            "bucket_name": self.there.name,
            "endpoint_url": endpoint or self.there.server.endpoint,
            **more,
        }
        self.write(".buckia", {"assets": keys, "other": {"provider": "memory", "bucket_name": "x"}})

    def write(self, name: str, content: Any) -> str:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(0o600)
        return name

    def s3(self, *words: str, tty: bool = False, stdin: str = "") -> Ran:
        return self("s3", *words, tty=tty, stdin=stdin)

    def value(self, setting: str) -> Any:
        """What is there, as `get` tells it."""
        ran = self.s3(setting, "get", "--json")
        assert ran.code == 0, ran.err
        assert ran.document["setting"] == setting
        return ran.document["value"]


@pytest.fixture
def world(tmp_path: Path, moto: Moto) -> World:
    folder = tmp_path / "work"
    folder.mkdir()
    return World(folder, moto)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_be_got_put_and_removed_and_says_how(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def helped(*words: str) -> str:
        assert world.s3(*words, "--help").code == 0
        return capsys.readouterr().out

    assert name in helped()
    group = helped(name)
    for word in ("get", "put", "rm"):
        assert f"\n  {word} " in group
        text = helped(name, word)
        assert f"buckia s3 {name} {word}" in text.split("Examples:")[1]
        for option in ("--bucket", "--json", "--config"):
            assert option in text
        assert ("--dry-run" in text) is ("--yes" in text) is (word != "get")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "acl"])
def test_where_nothing_is_set_that_is_said_and_no_failure(world: World, name: str) -> None:
    ran = world.s3(name, "get")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("assets has no ")
    assert world.s3(name, "get", "--json").document == {
        "bucket": "assets",
        "setting": name,
        "value": None,
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_get_shows_can_be_put_as_it_is(world: World, name: str) -> None:
    world.write("new.json", DOCUMENTS[name])
    assert world.s3(name, "put", "new.json", "--yes").code == 0
    world.write("kept.json", world.s3(name, "get").out)
    again = world.s3(name, "put", "kept.json", "--yes")
    assert (again.code, again.out) == (0, f"assets: {name}: there is nothing to do\n")
    assert world.s3(name, "rm", "--yes").code == 0
    assert world.value(name) is None
    assert world.s3(name, "put", "kept.json", "--yes").out == f"assets: {name}: done\n"
    assert json.loads((world.folder / "kept.json").read_text()).keys() == world.value(name).keys()


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("versioning", "on", {"Status": "Enabled"}),
        ("accelerate", "on", {"Status": "Enabled"}),
    ],
)
def test_a_word_is_put_and_rm_suspends(world: World, name: str, word: str, value: Any) -> None:
    assert world.s3(name, "put", word, "--yes").code == 0
    assert world.value(name) == value
    removed = world.s3(name, "rm", "--yes")
    assert removed.code == 0
    assert world.value(name) == {"Status": "Suspended"}
    assert ("it can never be off again" in removed.err) is (name == "versioning")


def test_an_access_list_is_put_by_a_word_and_rm_makes_it_private(world: World) -> None:
    private = world.value("acl")
    assert world.s3("acl", "put", "public-read", "--yes").code == 0
    assert any("AllUsers" in json.dumps(one) for one in world.value("acl")["Grants"])
    assert world.s3("acl", "rm", "--yes").code == 0
    assert world.value("acl") == private


def test_a_word_that_is_none_is_a_usage_error(world: World) -> None:
    ran = world.s3("acl", "put", "public", "--yes")
    assert ran.code == 2
    assert "'public-read'" in ran.err


def test_the_plan_is_shown_and_a_yes_does_it(world: World) -> None:
    world.write("cors.json", CORS)
    ran = world.s3("cors", "put", "cors.json", "--no-color", tty=True, stdin="what?\ny\n")
    assert ran.code == 0
    assert ran.out == "assets: cors: done\n"
    assert "assets: cors: nothing is set now, and this would be:" in ran.err
    assert '    +      "AllowedMethods": [' in ran.err
    assert ran.err.count("Do this? [y/N]: ") == 2
    assert world.value("cors") == CORS


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_anything_but_a_yes_does_nothing(world: World, answer: str) -> None:
    world.write("cors.json", CORS)
    ran = world.s3("cors", "put", "cors.json", tty=True, stdin=answer)
    assert ran.code == 1
    assert "Nothing was changed." in ran.err
    assert world.value("cors") is None


def test_a_plan_shows_what_goes_and_what_comes(world: World) -> None:
    world.write("cors.json", CORS)
    world.s3("cors", "put", "cors.json", "--yes")
    world.write("cors.json", {"CORSRules": [{**CORS["CORSRules"][0], "MaxAgeSeconds": 60}]})
    ran = world.s3("cors", "put", "cors.json", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "assets: cors: this would change:"
    assert [line for line in lines if line[4:5] in "+-"] == [
        '    -      "MaxAgeSeconds": 3',
        '    +      "MaxAgeSeconds": 60',
    ]
    assert world.value("cors") == CORS
    removal = world.s3("cors", "rm", "--dry-run", "--no-color", tty=True)
    assert removal.out.startswith("assets: cors: this would be removed:\n    -{\n")
    assert world.value("cors") == CORS


def test_the_lines_of_a_plan_have_colours_on_a_terminal(world: World) -> None:
    world.write("cors.json", CORS)
    ran = world.s3("cors", "put", "cors.json", "--dry-run", tty=True)
    assert "\x1b[32m+{\x1b[0m" in ran.out


def test_a_question_shows_what_it_is_about_also_when_quiet(world: World) -> None:
    world.write("cors.json", CORS)
    ran = world.s3("cors", "put", "cors.json", "-q", tty=True, stdin="y\n")
    assert "AllowedMethods" in ran.err
    assert (ran.code, ran.out) == (0, "")
    quiet = world.s3("cors", "rm", "-q", "--yes")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert world.value("cors") is None


@pytest.mark.parametrize("words", [("cors", "put", "cors.json"), ("cors", "rm"), ("acl", "rm")])
def test_where_nobody_can_be_asked_nothing_is_done(
    world: World, moto: Moto, words: tuple[str, ...]
) -> None:
    """Always, not only where something would change: a script should notice the first time."""
    world.write("cors.json", CORS)
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)
        ran = world.s3(*words)
        assert proxy.requests == []
    assert ran.code == 2
    assert "nobody can be asked, because this is no terminal" in ran.err
    assert "--yes" in ran.err


def test_a_document_comes_from_standard_input_too(world: World) -> None:
    ran = world.s3("cors", "put", "-", "--yes", stdin=json.dumps(CORS))
    assert ran.code == 0, ran.err
    assert world.value("cors") == CORS
    asked = world.s3("cors", "put", "-", tty=True, stdin=json.dumps(CORS))
    assert asked.code == 2
    assert "standard input is the document" in asked.err


def test_yes_and_dry_run_contradict_each_other(world: World) -> None:
    assert world.s3("cors", "rm", "--yes", "--dry-run").code == 2


def test_the_document_of_a_change_tells_both_sides_and_what_was_done(world: World) -> None:
    world.write("cors.json", CORS)
    expected: dict[str, Any] = {
        "bucket": "assets",
        "setting": "cors",
        "before": None,
        "after": CORS,
        "notes": [],
        "dry_run": True,
        "changed": False,
    }
    dry = world.s3("cors", "put", "cors.json", "--dry-run", "--json")
    assert (dry.document, dry.err) == (expected, "")
    done = world.s3("cors", "put", "cors.json", "--yes", "--json")
    assert done.document == {**expected, "dry_run": False, "changed": True}
    again = world.s3("cors", "put", "cors.json", "--yes", "--json")
    assert again.document == {**expected, "before": CORS, "dry_run": False}
    noted = world.s3("versioning", "put", "on", "--dry-run", "--json")
    assert len(noted.document["notes"]) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("policy", "{", "new.json:1: this is not JSON"),
        (
            "policy",
            '{"Statement": [],\n"Statement": []}',
            'new.json: the key "Statement" stands tw',
        ),
        ("policy", f'{{"Statement": [{READ}], "X": NaN}}', "new.json: NaN is no number"),
        ("policy", f'{{"Statement": [{READ}], "X": 1}}', 'new.json: key "X": unknown key'),
        ("cors", '{"CORSRules": [{"AllowedMethod": []}]}', '"CORSRules[0].AllowedMethod": unknown'),
        ("lifecycle", '{"Rules": [{"Expiration": {}}]}', '"Rules[0].Status": the key is missing'),
        ("lifecycle", '{"Rules": [{"Status": 1}]}', 'key "Rules[0].Status": expected text, found'),
        ("notifications", '["x"]', "new.json: expected a mapping, found a list"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_place_before_anything_is_asked(
    world: World, moto: Moto, name: str, text: str, said: str
) -> None:
    world.write("new.json", text)
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)
        ran = world.s3(name, "put", "new.json", "--yes")
        assert proxy.requests == []
    assert ran.code == 2
    assert ran.err.startswith("Error: new.json")
    assert said in ran.err


def test_a_file_that_is_missing_or_no_text_is_named(world: World) -> None:
    missing = world.s3("cors", "put", "new.json", "--yes")
    assert (missing.code, missing.err) == (
        2,
        "Error: new.json cannot be read: No such file or directory\n",
    )
    (world.folder / "new.json").write_bytes(b"\xff\xfe")
    binary = world.s3("cors", "put", "new.json", "--yes", "--json")
    assert binary.code == 2
    assert binary.document["error"]["message"] == "new.json is not UTF-8 text"


def test_what_only_the_service_finds_wrong_names_the_file_too(world: World, moto: Moto) -> None:
    world.write("new.json", policy(world.there))
    said = "Policy has invalid resource"
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)
        refused = Instead(
            word="policy", method="PUT", status=400, code="MalformedPolicy", said=said
        )
        proxy.moods = (Mood(refused),)
        ran = world.s3("policy", "put", "new.json", "--yes")
    assert ran.code == 2
    assert (
        "Error: new.json: the service does not take this bucket policy: Policy has inv" in ran.err
    )


def test_what_an_endpoint_does_not_know_is_an_error_in_a_sentence(world: World, moto: Moto) -> None:
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)
        proxy.moods = (Mood(Instead(word="lifecycle", status=501, code="NotImplemented")),)
        ran = world.s3("lifecycle", "get")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"Error: this endpoint has no lifecycle rules ({proxy.endpoint})\n"


def test_the_owner_s_choice_is_explained_with_the_way_around(world: World) -> None:
    world.there.client.put_bucket_ownership_controls(
        Bucket=world.there.name,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )
    ran = world.s3("acl", "put", "public-read", "--yes")
    assert ran.code == 1
    assert "has switched access lists off" in ran.err
    assert "Hint: a policy does the same: buckia s3 policy put FILE" in ran.err


def test_acceleration_is_not_needed_to_be_switched_on(world: World) -> None:
    """The bucket could not be reached by it yet; moto is not reached by it at all."""
    world.settings(accelerate=True)
    assert world.s3("accelerate", "put", "on", "--yes").code == 0
    assert world.value("accelerate") == {"Status": "Enabled"}


def test_a_bucket_that_was_changed_is_tried_anew(world: World, moto: Moto) -> None:
    """Some services honour conditions only as long as they keep no versions."""
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)

        def habits() -> Habits:
            """As the next run finds them."""
            place = world.folder / ".buckia.state" / "notes" / "s3"
            with closing(world.there.open(endpoint_url=proxy.endpoint, notes=place)) as store:
                store.probe("")
                return store.habits

        proxy.moods = like_aws()
        assert world.s3("versioning", "get").code == 0
        assert habits() == HONOURS_ALL
        proxy.moods = (Mood(IgnoresConditions()), *like_aws())
        assert world.s3("versioning", "put", "on", "--dry-run").code == 0
        assert habits() == HONOURS_ALL
        assert world.s3("versioning", "put", "on", "--yes").code == 0
        assert not habits().creates
        proxy.moods = like_aws()
        assert world.s3("versioning", "rm", "--yes").code == 0
        assert habits() == HONOURS_ALL


def test_the_only_bucket_of_the_provider_need_not_be_named(world: World) -> None:
    assert world.s3("cors", "get", "--bucket", "assets").code == 0
    other = world.s3("cors", "get", "--bucket", "other")
    assert other.code == 2
    assert 'the bucket "other" is of the provider "memory"' in other.err


def test_no_secret_is_shown_whatever_the_setting_holds(world: World) -> None:
    rule = {**LIFECYCLE["Rules"][0], "Filter": {"Prefix": "not-told/"}}
    world.write("life.json", {"Rules": [rule]})
    for ran in (
        world.s3("lifecycle", "put", "life.json", tty=True, stdin="y\n"),
        world.s3("lifecycle", "get"),
        world.s3("lifecycle", "get", "--json"),
        world.s3("lifecycle", "rm", "--dry-run"),
    ):
        assert ran.code == 0
        assert "not-told" not in ran.out + ran.err
        assert "***/" in ran.out + ran.err
