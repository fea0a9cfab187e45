from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from buckia import BucketConfig
from buckia.config import Where, load, resolve_options
from buckia.errors import BuckiaError, ConfigError, PluginError
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret, Secrets


class Rule(msgspec.Struct, frozen=True):
    match: str
    storage_class: str | None = None
    tags: dict[str, str] = {}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    access_key: Secret | None = None
    secret_key: Annotated[Secret | None, msgspec.Meta(description="the other half")] = None
    anonymous: bool = False
    part_size: int = 8
    speed: float = 1.0
    ca_bundle: str | None = None
    objects: tuple[Rule, ...] = ()
    rings: tuple[Secret, ...] = ()
    wire: str = msgspec.field(default="auto", name="addressing")

    def __post_init__(self) -> None:
        if self.anonymous and self.access_key:
            raise ConfigError("anonymous access has no key", hint="Remove one of them.")
        if self.part_size > 100:
            raise ValueError("URL parts larger than 100 do not exist")


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    token: Secret
    zone: str


def opened(_options: Any, _context: Context) -> Storage:
    raise NotImplementedError


PROVIDER = Provider(name="cloud", options=Options, open=opened)


def secrets(**environ: str) -> Secrets:
    return Secrets(environ, keyring=lambda: None)


def config(options: dict[str, Any] | None = None, **given: Any) -> BucketConfig:
    return BucketConfig(provider="cloud", bucket_name="a-1", options=options, **given)


def in_file(folder: Path, text: str, mode: int = 0o600) -> BucketConfig:
    path = folder / ".buckia"
    path.write_text(f"a-1:\n  provider: cloud\n  bucket_name: b\n{text}")
    path.chmod(mode)
    return load(path).bucket("a-1")


def test_the_providers_own_keys_become_its_options() -> None:
    options = {"part_size": 16, "speed": 2, "addressing": "path", "objects": [{"match": "*"}]}
    assert resolve_options(config(options), PROVIDER, secrets=secrets()) == Options(
        part_size=16, speed=2.0, wire="path", objects=(Rule(match="*"),)
    )


def test_flat_keys_and_the_map_of_credentials_are_the_same_secrets() -> None:
    made = config({"access_key": "id"}, credentials={"secret_key": "env:S"})
    options = resolve_options(made, PROVIDER, secrets=secrets(S="sesame"))
    assert options == Options(access_key=Secret("id"), secret_key=Secret("sesame"))


def test_a_program_may_give_secrets_as_such() -> None:
    made = config({"access_key": Secret("env:X")}, credentials={"secret_key": Secret("b")})
    options = resolve_options(made, PROVIDER, secrets=secrets())
    assert options == Options(access_key=Secret("env:X"), secret_key=Secret("b"))


def test_a_secret_that_is_not_given_is_looked_for() -> None:
    options = resolve_options(config(), PROVIDER, secrets=secrets(BUCKIA_A_1_ACCESS_KEY="id"))
    assert options.access_key == Secret("id")
    assert options.secret_key is None


def test_the_name_in_the_file_is_the_one_for_variables(tmp_path: Path) -> None:
    found = secrets(BUCKIA_A_1_ACCESS_KEY="by name", BUCKIA_B_ACCESS_KEY="by bucket_name")
    options = resolve_options(in_file(tmp_path, ""), PROVIDER, secrets=found)
    assert options.access_key == Secret("by name")


def test_secrets_deeper_inside_are_resolved_too() -> None:
    options = resolve_options(
        config({"rings": ["env:A", "plain"]}), PROVIDER, secrets=secrets(A="one")
    )
    assert options.rings == (Secret("one"), Secret("plain"))


def test_every_secret_that_is_found_is_known_to_the_redactor() -> None:
    found = secrets(A="first-one", BUCKIA_A_1_ACCESS_KEY="third-one")
    made = config({"rings": ["env:A"]}, credentials={"secret_key": "second-one"})
    resolve_options(made, PROVIDER, secrets=found)
    text = "first-one second-one third-one"
    assert found.redactor.redact(text) == "*** *** ***"


BAD = [
    (
        {"part_sise": 1},
        {},
        'bucket "a-1", key "part_sise": unknown key',
        'Did you mean "part_size"?',
    ),
    (
        {"max_worker": 1},
        {},
        'bucket "a-1", key "max_worker": unknown key',
        'Did you mean "max_workers"?',
    ),
    (
        {"colours": []},
        {},
        'bucket "a-1", key "colours": unknown key',
        ('Keys of the provider "cloud": access_key, secret_key, anonymous, part_size, speed, '
        "ca_bundle, objects, rings, addressing."),
    ),
    (
        {"part_size": "x"},
        {},
        'bucket "a-1", key "part_size": expected a whole number, found text',
        "",
    ),
    (
        {"ca_bundle": 1},
        {},
        'bucket "a-1", key "ca_bundle": expected text or nothing, found a whole number',
        "",
    ),
    ({"anonymous": 1}, {}, ('bucket "a-1", key "anonymous": expected true or false, found '
     "a whole number"), ""),
    ({"objects": {}}, {}, 'bucket "a-1", key "objects": expected a list, found a mapping', ""),
    (
        {"objects": [{}]},
        {},
        'bucket "a-1", key "objects[0].match": the key is missing; the provider needs it',
        "",
    ),
    (
        {"objects": [{"match": "*"}, {"match": "x", "storage_clas": "y"}]},
        {},
        'bucket "a-1", key "objects[1].storage_clas": unknown key',
        'Did you mean "storage_class"?',
    ),
    ({"part_size": 101}, {}, 'bucket "a-1": URL parts larger than 100 do not exist', ""),
    (
        {"anonymous": True, "access_key": "x"},
        {},
        'bucket "a-1": anonymous access has no key',
        "Remove one of them.",
    ),
    (
        {"access_key": 314159},
        {},
        'bucket "a-1", key "access_key": expected text',
        "Put it into quotes to make it text.",
    ),
    (
        {"rings": [314159]},
        {},
        'bucket "a-1", key "rings[0]": expected text, found another kind of value',
        "",
    ),
    (
        {"access_key": "env:NOPE"},
        {},
        'bucket "a-1", key "access_key": the variable "NOPE" is not set',
        "Set it with: export NOPE=...",
    ),
    (
        {},
        {"access_key": "env:NOPE"},
        'bucket "a-1", key "credentials.access_key": the variable "NOPE" is not set',
        "Set it with: export NOPE=...",
    ),
    (
        {},
        {"acces_key": "x"},
        'bucket "a-1", key "credentials.acces_key": unknown secret',
        'Did you mean "access_key"?',
    ),
    (
        {},
        {"part_size": "x"},
        'bucket "a-1", key "credentials.part_size": unknown secret',
        "Secrets here: access_key, secret_key.",
    ),
    (
        {"access_key": "x"},
        {"access_key": "y"},
        ('bucket "a-1", key "credentials.access_key": the same secret stands under '
        '"access_key" already'),
        "",
    ),
    (
        {"access_key": ""},
        {},
        'bucket "a-1", key "access_key": the secret is empty',
        "Leave the key out to have it looked for elsewhere.",
    ),
    (
        {"access_key": "sesame:open"},
        {},
        ('bucket "a-1", key "access_key": this looks like a reference, and no installed plugin '
        "knows its scheme"),
        "If it is the secret itself, put literal: before.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "credentials", "message", "hint"), BAD)
def test_wrong_options_are_named(
    options: dict[str, Any], credentials: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_options(config(options, credentials=credentials), PROVIDER, secrets=secrets())
    assert caught.value.message == message
    assert hint in caught.value.hint
    assert bool(hint) == bool(caught.value.hint)
    assert "314159" not in f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"


def test_an_error_in_a_file_names_the_file_and_the_line(tmp_path: Path) -> None:
    made = in_file(tmp_path, "  part_size: 1\n  objects:\n    - match: x\n      tag: 3\n")
    with pytest.raises(ConfigError) as caught:
        resolve_options(made, PROVIDER, secrets=secrets())
    assert caught.value.message == (
        f'{tmp_path}/.buckia:7: bucket "a-1", key "objects[0].tag": unknown key'
    )


def test_a_key_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    """JSON and YAML can write half of a character, and no program can."""
    made = in_file(tmp_path, '  region: x\n  objects: [{"\\ud800": "x"}]\n')
    with pytest.raises(ConfigError, match="half a character"):
        resolve_options(made, PROVIDER, secrets=secrets())


def test_the_place_may_be_given_by_the_caller() -> None:
    where = Where(bucket="other", file=Path("x.yaml"))
    with pytest.raises(ConfigError, match=r'x\.yaml: bucket "other", key "nope": unknown key'):
        resolve_options(config({"nope": 1}), PROVIDER, secrets=secrets(), where=where)


def test_a_missing_secret_says_where_to_put_it() -> None:
    needs = Provider(name="cloud", options=Needs, open=opened)
    with pytest.raises(ConfigError) as caught:
        resolve_options(config({"zone": "z"}), needs, secrets=secrets())
    assert caught.value.message == 'bucket "a-1", key "token": the secret is missing'
    assert caught.value.hint == (
        "Set the variable BUCKIA_A_1_TOKEN, or run: buckia secrets set a-1.token"
    )


def test_a_missing_option_is_named() -> None:
    needs = Provider(name="cloud", options=Needs, open=opened)
    with pytest.raises(ConfigError) as caught:
        resolve_options(config({"token": "t"}), needs, secrets=secrets())
    assert caught.value.message == (
        'bucket "a-1", key "zone": the key is missing; the provider needs it'
    )


def test_a_literal_secret_in_an_exposed_file_is_warned_about_once(tmp_path: Path) -> None:
    text = "  access_key: hunter2\n  credentials: {secret_key: hunter3}\n  rings: [a, 'env:A']\n"
    found = secrets(A="x")
    resolve_options(in_file(tmp_path, text, 0o644), PROVIDER, secrets=found)
    assert [warning.partition(": this secret")[0] for warning in found.warnings] == [
        f'{tmp_path}/.buckia:4: bucket "a-1", key "access_key"',
        f'{tmp_path}/.buckia:1: bucket "a-1"',
    ]
    assert "hunter" not in "".join(found.warnings)


def test_references_and_private_files_give_no_warning(tmp_path: Path) -> None:
    found = secrets(A="x")
    text = "  access_key: env:A\n"
    resolve_options(in_file(tmp_path, text, 0o644), PROVIDER, secrets=found)
    resolve_options(in_file(tmp_path, "  access_key: x\n", 0o600), PROVIDER, secrets=found)
    assert found.warnings == []


def test_a_command_runs_in_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("from here\n")
    made = in_file(tmp_path, "  access_key: command:cat key.txt\n")
    assert resolve_options(made, PROVIDER, secrets=secrets()).access_key == Secret("from here")


class Takes(msgspec.Struct):
    region: str = ""


class Odd(msgspec.Struct):
    path: Path = Path()


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            Takes,
            {},
            (
                'the provider "cloud" wants a key of its own named "region", '
                "which every bucket has already"
            ),
        ),
        (
            Odd,
            {"path": "x"},
            (
                'the options of the provider "cloud" cannot be filled: '
                "nothing is known of the type Path"
            ),
        ),
    ],
)
def test_options_that_no_provider_should_have_are_the_plugins_fault(
    kind: type[msgspec.Struct], options: dict[str, Any], message: str
) -> None:
    provider = Provider(name="cloud", options=kind, open=opened)
    with pytest.raises(PluginError) as caught:
        resolve_options(config(options), provider, secrets=secrets())
    assert caught.value.message == message


def test_an_error_of_a_secrets_plugin_keeps_its_class() -> None:
    def denied(_reference: str) -> str:
        raise BuckiaError("the vault is locked")

    with pytest.raises(BuckiaError, match="the vault is locked"):
        resolve_options(
            config({"access_key": "op://a/b"}),
            PROVIDER,
            secrets=Secrets({}, keyring=lambda: None, scheme=denied),
        )
