import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.config import BucketConfig, ConfigFile, discover, load
from buckia.config.formats import Document, parse
from buckia.config.unreadable import Unreadable
from buckia.errors import ConfigError
from buckia.model import Direction

YAML = """\
# Comments are welcome.
common-assets:
  provider: bunny
  bucket_name: common-assets
  region: eu-central
  api_key: env:BUNNY_KEY
  folders: [123-456-789-ABC]
  paths:
    - demo/
    - path: static/data/
      to: data/
      direction: push
  files: {settings.json: config/settings.json}
  upload_files: {build/report.pdf: public/report.pdf}
  delete_orphaned: true
  max_workers: 8
  credentials: {token: "env:T"}
other:
  provider: local
  bucket_name: "2024"
  root: /mnt/nas
"""

TOML = """\
[common-assets]
provider = "bunny"
bucket_name = "common-assets"
region = "eu-central"
api_key = "env:BUNNY_KEY"
folders = ["123-456-789-ABC"]
paths = ["demo/", {path = "static/data/", to = "data/", direction = "push"}]
files = {"settings.json" = "config/settings.json"}
upload_files = {"build/report.pdf" = "public/report.pdf"}
delete_orphaned = true
max_workers = 8
credentials = {token = "env:T"}

[other]
provider = "local"
bucket_name = "2024"
root = "/mnt/nas"
"""


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def values(file: ConfigFile) -> dict[str, dict[str, object]]:
    """All of the buckets but where they stand."""
    return {
        name: {key: value for key, value in vars(bucket).items() if key != "where"}
        for name, bucket in file.buckets.items()
    }


def test_a_file_gives_its_buckets_in_order(tmp_path: Path) -> None:
    file = load(write(tmp_path / ".buckia", YAML))
    assert list(file.buckets) == ["common-assets", "other"]
    assert file.directory == tmp_path
    first, other = file.buckets.values()
    assert first.name == "common-assets"
    assert first.paths[1].direction is Direction.PUSH
    assert first.options == {"api_key": "env:BUNNY_KEY"}
    assert other.options == {"root": "/mnt/nas"}
    assert other.bucket_name == "2024"


def test_the_three_formats_say_the_same(tmp_path: Path) -> None:
    from_yaml = load(write(tmp_path / ".buckia.yaml", YAML))
    from_toml = load(write(tmp_path / ".buckia.toml", TOML))
    plain = parse(YAML, ".yaml").root
    from_json = load(write(tmp_path / ".buckia.json", json.dumps(plain)))
    assert values(from_yaml) == values(from_toml) == values(from_json)
    assert isinstance(from_yaml.buckets["other"], BucketConfig)


def test_a_file_of_any_other_name_is_yaml(tmp_path: Path) -> None:
    file = load(write(tmp_path / ".buckia-staging", YAML))
    assert values(file) == values(load(write(tmp_path / ".buckia", YAML)))


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert next(iter(load(write(tmp_path / ".buckia", "\ufeff" + YAML)).buckets)) == "common-assets"


def test_a_bucket_is_found_by_its_exact_name_only(tmp_path: Path) -> None:
    file = load(write(tmp_path / ".buckia", YAML))
    assert file.bucket("other") is file.buckets["other"]
    with pytest.raises(ConfigError) as caught:
        file.bucket("common_asset")
    assert caught.value.message == f'{tmp_path}/.buckia: there is no bucket "common_asset"'
    assert caught.value.hint == 'Did you mean "common-assets"? The file has: common-assets, other.'


def test_the_directory_is_that_of_the_link_and_not_of_its_target(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    write(tmp_path / "shared.yaml", YAML)
    (tmp_path / "here" / ".buckia").symlink_to("../shared.yaml")
    assert load(tmp_path / "here" / ".buckia").directory == tmp_path / "here"


def test_a_relative_path_has_an_absolute_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / ".buckia", YAML)
    monkeypatch.chdir(tmp_path)
    assert load(Path(".buckia")).directory == tmp_path


@pytest.mark.parametrize(
    "name", [".buckia", ".buckia.yaml", ".buckia.yml", ".buckia.toml", ".buckia.json"]
)
def test_the_file_is_found_in_the_folder_and_above(tmp_path: Path, name: str) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert discover(below) is None
    write(tmp_path / name, "")
    assert discover(below) == discover(tmp_path) == tmp_path / name


def test_the_nearest_file_is_the_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / ".buckia", "")
    write(tmp_path / "a" / ".buckia.toml", "")
    assert discover(tmp_path / "a") == tmp_path / "a" / ".buckia.toml"


def test_two_files_in_one_folder_are_both_named(tmp_path: Path) -> None:
    write(tmp_path / ".buckia", "")
    write(tmp_path / ".buckia.json", "")
    with pytest.raises(ConfigError) as caught:
        discover(tmp_path)
    assert caught.value.message == f"{tmp_path} holds .buckia and .buckia.json"
    assert "--config" in caught.value.hint


def test_a_folder_of_that_name_is_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "a" / ".buckia").mkdir(parents=True)
    write(tmp_path / ".buckia", "")
    assert discover(tmp_path / "a") == tmp_path / ".buckia"


def test_a_link_to_nothing_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".buckia").symlink_to("gone")
    write(tmp_path / ".buckia", "")
    with pytest.raises(ConfigError, match="is a link to nothing"):
        discover(tmp_path / "a")


def test_a_folder_that_does_not_exist_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path / ".buckia", "")
    with pytest.raises(ConfigError, match="there is no such folder"):
        discover(tmp_path / "gone")


LITERAL = """\
a:
  provider: x
  bucket_name: b
  credentials:
    token: hunter2
    key: "literal:env:X"
    other: env:OTHER
"""


@pytest.mark.skipif(os.name != "posix", reason="the mode says nothing here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_in_a_file_that_others_can_read_is_warned_about(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / ".buckia", LITERAL, mode)
    warnings = load(path).warnings
    assert [text.partition(": this secret")[0] for text in warnings] == [
        f'{path}:5: bucket "a", key "credentials.token"',
        f'{path}:6: bucket "a", key "credentials.key"',
    ]
    assert warnings[0].endswith(f"or: chmod 600 {path}")
    assert "hunter2" not in "".join(warnings)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o611, 0o622])
def test_a_secret_in_a_file_of_its_owner_alone_is_fine(tmp_path: Path, mode: int) -> None:
    assert load(write(tmp_path / ".buckia", LITERAL, mode)).warnings == ()


def test_yaml_is_read_without_the_surprises_of_its_first_version() -> None:
    text = "[no, off, yes, 19:00, 2024-01-01, 1_000, 010, 0x1f, 0o17, 1.5, .5, 1e3, ~, Null, true]"
    assert parse(text, "").root == [
        *("no", "off", "yes", "19:00", "2024-01-01", "1_000", 10, 31, 15, 1.5, 0.5),
        *(1000.0, None, None, True),
    ]


def test_yaml_tags_of_plain_types_are_understood() -> None:
    assert parse("[!!str 123, !!int '7', !!float '1', !!bool 'true']", "").root == [
        "123",
        7,
        1.0,
        True,
    ]


def test_merged_keys_give_way_to_own_ones_and_to_earlier_ones() -> None:
    text = """
one: &one {a: 1, b: 1, c: 1}
two: &two {a: 2, b: 2, d: 2}
all:
  a: 0
  <<: [*one, *two]
"""
    assert parse(text, "").root["all"] == {"a": 0, "b": 1, "c": 1, "d": 2}


def test_buckets_share_keys_by_an_anchor(tmp_path: Path) -> None:
    text = "a: &a {provider: local, bucket_name: a, retries: 1}\nb: {<<: *a, bucket_name: b}\n"
    second = load(write(tmp_path / ".buckia", text)).buckets["b"]
    assert (second.bucket_name, second.retries) == ("b", 1)


def test_anchors_upon_anchors_cost_no_more_than_their_text() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    root = parse("\n".join(lines), "").root
    assert root["a59"][0] is root["a59"][1]


@given(st.text(), st.sampled_from(["", ".toml", ".json"]))
def test_any_text_is_read_or_refused_in_a_sentence(text: str, suffix: str) -> None:
    with suppress(Unreadable):
        assert isinstance(parse(text, suffix), Document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_all_of_json_is_yaml_of_the_same_meaning(value: object) -> None:
    text = json.dumps(value)
    assert parse(text, ".json").root == value
    if "\\ud" not in text:  # halves of a character, which YAML does not know
        assert parse(text, ".yaml").root == value
