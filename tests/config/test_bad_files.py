"""Every wrong file is answered with the file, the line, the bucket, the key, and what to do."""

from pathlib import Path

import pytest

from buckia.config import load
from buckia.errors import ConfigError

QUOTES = "Put it into quotes to make it text."
LEAVE_OUT = "Leave the key out instead."
INIT = "Write one with: buckia init"
FOLDERS = 'Folders are single names; "include" takes patterns such as /a/b/.'
WHOLE_PATH = "Write the whole path, or one relative to the file."

# What stands last in the bucket "a", the key that is named, what is said, and the hint.
BUCKET = [
    (
        "max_workers: eight",
        "max_workers",
        'expected a whole number from 1 to 1000, found the text "eight"',
        "",
    ),
    (
        "max_workers: 0",
        "max_workers",
        "expected a whole number from 1 to 1000, found the number 0",
        "",
    ),
    (
        "max_workers: true",
        "max_workers",
        "expected a whole number from 1 to 1000, found true",
        "",
    ),
    (
        "max_workers: 2.5",
        "max_workers",
        "expected a whole number from 1 to 1000, found the number 2.5",
        "",
    ),
    ("retries: -1", "retries", "expected a whole number from 0 to 100, found the number -1", ""),
    (
        "trash_days: -1",
        "trash_days",
        "expected a whole number from 0 to 36500, found the number -1",
        "",
    ),
    (
        "timeout: 0",
        "timeout",
        "expected seconds above 0, or a duration such as 90s, of at most a day, found the number 0",
        "",
    ),
    (
        "timeout: 2d",
        "timeout",
        (
            "expected seconds above 0, or a duration such as 90s, of at most a day, "
            'found the text "2d"'
        ),
        "",
    ),
    (
        "timeout: soon",
        "timeout",
        'expected a duration such as 90s, 5m or 1h30m, found "soon"',
        "",
    ),
    (
        "timeout: [1]",
        "timeout",
        "expected seconds above 0, or a duration such as 90s, found a list",
        "",
    ),
    (
        "requests_per_second: 0",
        "requests_per_second",
        "expected a number above 0, found the number 0",
        "",
    ),
    (
        'requests_per_second: "5"',
        "requests_per_second",
        'expected a number above 0, found the text "5"',
        "",
    ),
    (
        "bandwidth: 10M/s",
        "bandwidth",
        (
            "expected a rate such as 10MiB/s, a number of bytes a second, or off, "
            'found the unit "M" (units are TiB, GiB, MiB, KiB, TB, GB, MB, kB, B)'
        ),
        "",
    ),
    (
        "bandwidth: {}",
        "bandwidth",
        "expected a rate such as 10MiB/s, or a timetable, found a mapping",
        "",
    ),
    (
        "bandwidth: 8:00 1MiB/s, 25:00 off",
        "bandwidth",
        "25:00 is no time of the day",
        "",
    ),
    ("max_delete: 110%", "max_delete", "expected at most 100%, found 110%", ""),
    (
        "max_delete: 2.5",
        "max_delete",
        'expected a whole number or a percentage such as "25%", found the number 2.5',
        "",
    ),
    (
        "direction: up",
        "direction",
        'expected one of both, push, pull, found the text "up"',
        "",
    ),
    (
        "conflict_resolution: [ask]",
        "conflict_resolution",
        "expected one of local_wins, remote_wins, newest_wins, keep_both, merge, ask, found a list",
        "",
    ),
    (
        "conflict_resolution: merge\n  merge: {photos: newest}",
        "merge.photos",
        "'newest' is not a rule for merging rows.",
        "Write 'newest by COLUMN'; the rules are local, remote, newest by COLUMN and ask.",
    ),
    (
        "conflict_resolution: merge\n  merge: [local]",
        "merge",
        "expected a mapping of tables to rules, found a list",
        "",
    ),
    (
        "merge: {photos: local}",
        "merge",
        "rows are merged only where that is chosen",
        "Add conflict_resolution: merge, or leave the key out.",
    ),
    (
        "checksum_algorithm: crc32",
        "checksum_algorithm",
        'expected one of sha256, md5, sha1, blake2b, found the text "crc32"',
        "",
    ),
    (
        "delete_orphaned: yes",
        "delete_orphaned",
        'expected true or false, found the text "yes"',
        "",
    ),
    ("follow_symlinks: 1", "follow_symlinks", "expected true or false, found the number 1", ""),
    ("region:", "region", "expected text, found nothing", ""),
    ("region: 3", "region", "expected text, found the number 3", QUOTES),
    ('region: ""', "region", "expected text, found an empty one", ""),
    ('domain: "a\\nb"', "domain", "the text holds a control character", ""),
    (
        "prefix: ../up",
        "prefix",
        '"../up" is no usable key: the key leads out of its folder',
        "",
    ),
    ("prefix: /a", "prefix", '"/a" is no usable key: the key is absolute', ""),
    (
        "folders: demo",
        "folders",
        'expected a list of folders, found the text "demo"',
        "",
    ),
    ("folders: []", "folders", "the list of folders is empty", LEAVE_OUT),
    ("folders: [a, 2024]", "folders[1]", "expected text, found the number 2024", QUOTES),
    ("folders: [a/b]", "folders[0]", '"a/b" is not a top-level folder', FOLDERS),
    ("folders: [a, a/]", "folders[1]", "the list holds this twice", ""),
    (
        "folders: [.buckia.state]",
        "folders[0]",
        '".buckia.state" is no usable key: names of .buckia are never synced',
        "",
    ),
    ("layers: []", "layers", "the list of folders is empty", LEAVE_OUT),
    ("layers: [a, b, a]", "layers[2]", "the list holds this twice", ""),
    ("layers: [a, b/c]", "layers[1]", '"b/c" is not a top-level folder', FOLDERS),
    (
        "folders: [b]\n  layers: [a, b]",
        "layers",
        "a bucket has either layers or folders",
        "Leave out `folders`: with `layers` nothing outside of them is listed either.",
    ),
    ("include: []", "include", "the list of patterns is empty", LEAVE_OUT),
    (
        'exclude: ["#x"]',
        "exclude[0]",
        '"#x" would be a comment',
        'Write "\\#x" for such a name.',
    ),
    ("paths: []", "paths", "the list of folders is empty", LEAVE_OUT),
    ("paths: demo/", "paths", 'expected a list of folders, found the text "demo/"', ""),
    ("paths: [~/demo]", "paths[0]", '"~/demo" is not expanded', WHOLE_PATH),
    (
        "paths: [7]",
        "paths[0]",
        "expected a folder, or a mapping with path, to and direction, found the number 7",
        "",
    ),
    ("paths: [a, ./a/]", "paths[1]", '"./a/" is listed twice for the same keys', ""),
    (
        "paths: [{path: a, too: b}]",
        "paths[0].too",
        "unknown key",
        'Did you mean "to"?',
    ),
    ("paths: [{to: b}]", "paths[0].path", "the entry has no path", ""),
    (
        "paths: [{path: a, to: b//c}]",
        "paths[0].to",
        "\"b//c\" is no usable key: the key has an empty or '.' segment",
        "",
    ),
    (
        "paths: [{path: a, direction: down}]",
        "paths[0].direction",
        'expected one of both, push, pull, found the text "down"',
        "",
    ),
    (
        "direction: pull\n  paths: [a, b]",
        "paths[1]",
        '"b" would take no part: its direction is push, that of the bucket is pull',
        "",
    ),
    (
        "files: [a]",
        "files",
        "expected a mapping of local files to keys, found a list",
        "",
    ),
    (
        "files: {a.txt: /k}",
        'files["a.txt"]',
        '"/k" is no usable key: the key is absolute',
        "",
    ),
    (
        "files: {a.txt: k/}",
        'files["a.txt"]',
        "\"k/\" is no usable key: the key has an empty or '.' segment",
        "",
    ),
    (
        "files: {.buckia: k}",
        'files[".buckia"]',
        "files of .buckia are never synced",
        "",
    ),
    (
        "files: {a: k, b: k}",
        "files.b",
        'the key "k" is already taken by files.a',
        "",
    ),
    (
        "files: {a: k}\n  upload_files: {b: k}",
        "upload_files.b",
        'the key "k" is already taken by files.a',
        "",
    ),
    (
        "files: {x/../a: k}\n  upload_files: {./a: l}",
        'upload_files["./a"]',
        'the same file is already mapped by files["x/../a"]',
        "",
    ),
    (
        "state_dir: ''",
        "state_dir",
        "expected text, found an empty one",
        "",
    ),
    (
        "credentials: hunter2",
        "credentials",
        "expected a mapping of secrets, found text",
        "",
    ),
    ("credentials: {token: 1234}", "credentials.token", "expected text", QUOTES),
    ("root:", "root", "expected a value, found nothing", LEAVE_OUT),
    (
        "options: {root: x}",
        "options",
        "unknown key",
        "In a file the provider's own keys stand directly beside the others.",
    ),
    ("7: x", "7", "a key is text, and this is the number 7", QUOTES),
]


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value


@pytest.mark.parametrize(("line", "key", "message", "hint"), BUCKET)
def test_a_wrong_key_is_named_with_its_place(
    tmp_path: Path, line: str, key: str, message: str, hint: str
) -> None:
    path = tmp_path / ".buckia"
    path.write_text(f"a:\n  provider: local\n  bucket_name: b\n  {line}\n")
    last = 4 + line.count("\n")
    error = refusal(path)
    assert error.message == f'{path}:{last}: bucket "a", key "{key}": {message}'
    assert error.hint == hint


@pytest.mark.parametrize(
    "lines",
    [
        "{provider: s3, bucket_name: b, access_key literal:se+same}",
        "{provider: s3, bucket_name: b, secret_key se+same}",
        "{provider: s3, bucket_name: b, ? access_key!se+same}",
        "{provider: s3, bucket_name: b, access_key se+same: 1, access_key se+same: 2}",
    ],
)
def test_a_secret_behind_a_forgotten_colon_is_not_told(tmp_path: Path, lines: str) -> None:
    path = tmp_path / ".buckia"
    path.write_text(f"a: {lines}\n")
    message = refusal(path).message
    assert "_key…" in message
    assert "se+same" not in message


def test_neither_is_one_that_stands_twice_in_json(tmp_path: Path) -> None:
    path = tmp_path / ".buckia.json"
    path.write_text('{"a": {"access_key se+same": 1, "access_key se+same": 2}}')
    message = refusal(path).message
    assert '"access_key…" stands twice' in message
    assert "se+same" not in message


WHOLE = [
    (".buckia", "", ": the file is empty", INIT),
    (".buckia", "# nothing\n", ": the file is empty", INIT),
    (".buckia", "{}", ": the file names no bucket", INIT),
    (".buckia", "- a", ": expected a mapping of names to buckets, found a list", ""),
    (".buckia", "sesame", ": expected a mapping of names to buckets, found text", ""),
    (".buckia", "a: 3", ':1: bucket "a": expected a mapping of keys, found a number', ""),
    (".buckia", "b: {}\na:", (':1: bucket "b", key "provider": the key is missing; '
     "every bucket needs it"), ""),
    (".buckia", "a:\n  provider: x\n", (':1: bucket "a", key "bucket_name": the key is missing; '
     "every bucket needs it"), ""),
    (".buckia", "2024: {}", (':1: bucket "2024": a bucket\'s name is text, and this is '
     "the number 2024"), QUOTES),
    (".buckia", '"": {}', ":1: a bucket's name cannot be empty or hold control characters", ""),
    (".buckia", "a:\n  b: 1\n  b: 2\n", ':3: the key "b" stands twice', ""),
    (".buckia", "a: {}\na: {}\n", ':2: the key "a" stands twice', ""),
    (".buckia", "a: {\n", (":2: this is not YAML: expected the node content, "
     "but found '<stream end>'"), ""),
    (
        ".buckia",
        "a: *b",
        (
            ":1: this is not YAML: found undefined alias 'b'"
            " (a pattern that begins with *, & or ! needs quotes)"
        ),
        "",
    ),
    (".buckia", "a: 1\n---\nb: 2", ":2: this is not YAML: but found another document", ""),
    (".buckia", "a: &a\n  b: *a", ":1: an anchor holds itself", ""),
    (".buckia", "a: !!python/object:os.system x", (":1: the tag tag:yaml.org,2002:"
     "python/object:os.system has no meaning here"), ""),
    (".buckia", "a: !!set {b}", ":1: the tag tag:yaml.org,2002:set has no meaning here", ""),
    (".buckia", "a: !!int x", ":1: this is no int", ""),
    (".buckia", "[a]: 1", ":1: a list or mapping is no key", ""),
    (".buckia", "a:\n  <<: [1]", ":2: only mappings can be merged", ""),
    (".buckia", "[" * 5000, ": lists and mappings stand too deep inside each other", ""),
    (".buckia.json", "{", (":1: this is not JSON: Expecting property name enclosed "
     "in double quotes"), ""),
    (".buckia.json", '{"a": {},\n "a": {}}', ': the key "a" stands twice', ""),
    (".buckia.json", '{"a": {"x": NaN}}', ": NaN is no number", ""),
    (".buckia.json", "[]", ": expected a mapping of names to buckets, found a list", ""),
    (".buckia.toml", "[a]\nb = \n", ":2: this is not TOML: Invalid value", ""),
    (".buckia.toml", "[a]\n[a]\n", ":2: this is not TOML: Cannot declare ('a',) twice", ""),
    (".buckia.toml", "", ": the file names no bucket", INIT),
    (".buckia.toml", "[a]\nprovider = 2024-01-01\nbucket_name = 'x'\n",
     ': bucket "a", key "provider": expected text, found a date', ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message", "hint"), WHOLE)
def test_a_file_that_is_wrong_as_a_whole_is_named_with_its_line(
    tmp_path: Path, name: str, text: str, message: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    error = refusal(path)
    assert error.message == f"{path}{message}"
    assert error.hint == hint


def test_what_is_no_text_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / ".buckia"
    path.write_bytes(b"a:\n  provider: caf\xe9\n")
    assert refusal(path).message == f"{path}:2: the file is not UTF-8 text"


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".buckia"
    path.write_bytes(b"a: \x07\n")
    assert refusal(path).message.startswith(f"{path}: this is not YAML: unacceptable character")


def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".buckia.json"
    path.write_text('{"a": ' + "9" * 5000 + "}")
    assert "this is not JSON: Exceeds the limit" in refusal(path).message
    path = tmp_path / ".buckia.yaml"
    path.write_text(f"%YAML 1.{'9' * 5000}\n---\na: 1\n")
    assert "this is not YAML: Exceeds the limit" in refusal(path).message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / ".buckia")
    assert error.message == f"{tmp_path / '.buckia'}: there is no such file"
    assert error.hint == INIT


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path).message.startswith(f"{tmp_path}: the file cannot be read: ")
