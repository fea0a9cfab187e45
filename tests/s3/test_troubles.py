"""What a service refuses, as a user meets it, played for real.

`python -m tests.s3.test_troubles` writes it into the table of docs/s3.md. Each scene prepares a
service that refuses and then types a command; what stands in the document is what was said.
"""

from __future__ import annotations

import io
import json
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from buckia.cli.app import run
from buckia.cli.codes import ExitCode
from buckia.cli.terminal import Terminal
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Access
from tests.s3.servers.answering import Answers
from tests.s3.servers.certificate import issue
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

DOCUMENT = Path(__file__).parents[2] / "docs" / "s3.md"
BEGIN, END = "<!-- the table: python -m tests.s3.test_troubles -->", "<!-- end of the table -->"
HEAD = "| what is wrong | exit | what Buckia says | what it changed |\n| --- | --- | --- | --- |\n"
SHOWN = "https://s3.example.com"
"""The address of the service as the document has it."""
KEY, SECRET, TOKEN = "AKIDOFANN", "the-secret-of-ann", "the-session-of-ann"
SIGNED = {"BUCKIA_NOTES_ACCESS_KEY": KEY, "BUCKIA_NOTES_SECRET_KEY": SECRET}
NEVER_SHOWN = (SECRET, TOKEN, KEY)
_VARIES = re.compile(r" \(_ssl\.c:\d+\)")
"""What is another in every Python, and stands in no document."""
CHANGES = (
    "PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload CopyObject"
    " UploadPartCopy DeleteObject DeleteObjects"
)
DENIED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: s3:{} on resource:"
    ' "arn:aws:s3:::ann-notes" because no identity-based policy allows the s3:{} action'
)

Contents = dict[str, bytes]
Sides = tuple[Contents, Contents]


class Said(NamedTuple):
    code: int
    text: str


class Desk:
    """A folder with a file of its own, a bucket with another one, and the way between them."""

    def __init__(self, folder: Path, moto: Moto, ending: ExitStack) -> None:
        self.folder = folder.resolve()
        self.here = self.folder / "notes"
        self.here.mkdir()
        self.bucket = Bucket(moto, self.folder)
        self.bucket.client.put_object(Bucket=self.bucket.name, Key="calls.txt", Body=b"Call Bea\n")
        (self.here / "shopping.txt").write_text("Bread\n")
        self.ending = ending
        self.proxy = ending.enter_context(Proxy(moto.access))
        self.environ = dict(SIGNED)
        self.settings()

    def settings(self, **keys: Any) -> None:
        """Write the `.buckia` file."""
        usual = {"bucket_name": self.bucket.name, "endpoint_url": self.proxy.endpoint}
        given = {"provider": "s3", **usual, **keys}
        lines = [f"  {key}: {json.dumps(value)}\n" for key, value in given.items()]
        path = self.here / ".buckia"
        path.write_text("".join(["notes:\n", *lines]))
        path.chmod(0o600)

    def refuses(
        self, status: int, code: str, message: str, *, on: str = "", **elements: str
    ) -> None:
        """From now on the service answers so, to all or to these operations."""
        headers = {"x-amz-bucket-region": elements["Region"]} if "Region" in elements else {}
        answer = Answers(status, code, headers, {"Message": message, **elements})
        self.proxy.moods = (Mood(answer, on=on),)

    def type(self, *words: str) -> Said:
        """Type a command in the folder; nothing of this machine's AWS settings is there."""
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            environ={"TERM": "dumb", **self.environ},
            cwd=self.here,
            entry_points=lambda group: [EntryPoint("s3", "buckia_s3.plugin", group)],
            keyring=lambda: None,
        )
        with patch("buckia.engine.limits.FIRST_PAUSE", 0.0), self._alone():
            code = run(words, terminal)
        return Said(int(code), self._as_shown(err.getvalue() + out.getvalue()))

    def contents(self) -> Sides:
        """What lies here, and what in the bucket."""
        found = {
            path.relative_to(self.here).as_posix(): path.read_bytes()
            for path in sorted(self.here.rglob("*"))
            if path.is_file() and not path.relative_to(self.here).parts[0].startswith(".buckia")
        }
        client, name = self.bucket.client, self.bucket.name
        keys = [row["Key"] for row in client.list_objects_v2(Bucket=name).get("Contents", ())]
        return found, {key: client.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Without the AWS settings of whoever runs this, and of the machine it runs on."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
        nowhere = str(self.folder / "nowhere")
        own = {
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        with patch.dict(os.environ, {**kept, **own}, clear=True):
            yield

    def _as_shown(self, text: str) -> str:
        text = text.replace(self.proxy.endpoint, SHOWN).replace(self.bucket.name, "ann-notes")
        return _VARIES.sub("", text.replace(str(self.folder), "/home/ann"))


Scene = Callable[[Desk], None]


class Trouble(NamedTuple):
    prepare: Scene
    code: int
    """With which a sync ends, as the documentation of exit codes has it."""


SCENES: dict[str, Trouble] = {}


def scene(title: str, code: int) -> Callable[[Scene], Scene]:
    def kept(prepare: Scene) -> Scene:
        SCENES[title] = Trouble(prepare, code)
        return prepare

    return kept


@scene("the access key is wrong", ExitCode.REFUSED)
def wrong_access_key(desk: Desk) -> None:
    said = "The AWS Access Key Id you provided does not exist in our records."
    desk.refuses(403, "InvalidAccessKeyId", said, AWSAccessKeyId=KEY)


@scene("the secret key is wrong", ExitCode.REFUSED)
def wrong_secret(desk: Desk) -> None:
    said = (
        "The request signature we calculated does not match the signature you provided."
        " Check your key and signing method."
    )
    desk.refuses(403, "SignatureDoesNotMatch", said, AWSAccessKeyId=KEY)


@scene("the session has ended", ExitCode.REFUSED)
def expired_session(desk: Desk) -> None:
    desk.environ["BUCKIA_NOTES_SESSION_TOKEN"] = TOKEN
    desk.refuses(400, "ExpiredToken", "The provided token has expired.")


@scene("this machine's clock is wrong", ExitCode.REFUSED)
def clock_skew(desk: Desk) -> None:
    said = "The difference between the request time and the current time is too large."
    desk.refuses(403, "RequestTimeTooSkewed", said)


@scene("there are no credentials", ExitCode.REFUSED)
def no_credentials(desk: Desk) -> None:
    desk.environ.clear()


@scene("the profile is not there", ExitCode.REFUSED)
def no_profile(desk: Desk) -> None:
    desk.environ.clear()
    desk.settings(profile="work")


@scene("the credentials may not list the bucket", ExitCode.REFUSED)
def no_list(desk: Desk) -> None:
    said = DENIED.format("ListBucket", "ListBucket")
    desk.refuses(403, "AccessDenied", said, on="ListObjectsV2 HeadBucket")


@scene("the credentials may list and read, and not write", ExitCode.FAILED)
def no_write(desk: Desk) -> None:
    desk.refuses(403, "AccessDenied", DENIED.format("PutObject", "PutObject"), on=CHANGES)


@scene("there is no such bucket", ExitCode.UNREACHABLE)
def no_bucket(desk: Desk) -> None:
    desk.settings(bucket_name="ann-nots")


@scene("the bucket is in another region", ExitCode.UNREACHABLE)
def wrong_region(desk: Desk) -> None:
    said = (
        "The bucket you are attempting to access must be addressed using the specified endpoint."
        " Please send all future requests to this endpoint."
    )
    desk.refuses(301, "PermanentRedirect", said, Region="eu-central-1")


@scene("the request is signed for another region", ExitCode.UNREACHABLE)
def signed_elsewhere(desk: Desk) -> None:
    said = "The authorization header is malformed"
    desk.refuses(400, "AuthorizationHeaderMalformed", said, Region="eu-central-1")


@scene("nobody listens at the address", ExitCode.UNREACHABLE)
def closed_port(desk: Desk) -> None:
    desk.proxy.stop()


@scene("the address has a name that nobody knows", ExitCode.UNREACHABLE)
def unknown_name(desk: Desk) -> None:
    known, unknown = socket.getaddrinfo, "s3.exmaple.com"

    def asked(host: str, *more: Any, **named: Any) -> Any:
        if host == unknown:
            # As the system says it, without a question to the network.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *more, **named)

    desk.ending.enter_context(patch("socket.getaddrinfo", asked))
    desk.settings(endpoint_url=f"https://{unknown}")


@scene("the service has a certificate that nobody vouches for", ExitCode.UNREACHABLE)
def self_signed(desk: Desk) -> None:
    upstream: Access = desk.bucket.server.access
    desk.proxy = desk.ending.enter_context(Proxy(upstream, issue(desk.folder)))
    desk.settings()


@scene("the service is overloaded, however often it is asked", ExitCode.UNREACHABLE)
def overloaded(desk: Desk) -> None:
    desk.refuses(503, "SlowDown", "Please reduce your request rate.")


@scene("an access key has no secret key", ExitCode.USAGE)
def half_a_key(desk: Desk) -> None:
    del desk.environ["BUCKIA_NOTES_SECRET_KEY"]


@scene("two ways to sign are given", ExitCode.USAGE)
def two_ways(desk: Desk) -> None:
    desk.settings(profile="work")


@contextmanager
def played(title: str, folder: Path, moto: Moto) -> Iterator[Desk]:
    with ExitStack() as ending:
        desk = Desk(folder, moto, ending)
        SCENES[title].prepare(desk)
        yield desk


def row(title: str, desk: Desk) -> str:
    """Type the command, and put into one row what was said and what became of both sides."""
    before = desk.contents()
    said = desk.type("sync")
    lines = [line.strip() for line in said.text.splitlines() if not line.startswith("notes: ")]
    cell = "<br>".join(line.replace("|", "\\|") for line in lines)
    return f"| {title} | {said.code} | {cell} | {changed(before, desk.contents())} |"


def changed(before: Sides, after: Sides) -> str:
    found = [
        f"`{key}` {word}"
        for word, old, new in zip(("came", "was sent"), before, after, strict=True)
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    return ", ".join(found) or "nothing"


def rows(document: str) -> dict[str, str]:
    """The rows of the table, by the scene's title."""
    table = document.partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[2:]}


TABLE = rows(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture(params=SCENES)
def title(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(title: str, tmp_path: Path, moto: Moto) -> Iterator[Desk]:
    with played(title, tmp_path, moto) as desk:
        yield desk


def test_the_table_has_a_row_for_each_scene_in_their_order() -> None:
    assert list(TABLE) == list(SCENES)


@pytest.mark.skipif(os.name != "posix", reason="paths are shown as POSIX has them")
def test_what_the_table_says_is_what_is_said_and_done(title: str, desk: Desk) -> None:
    assert TABLE[title] == row(title, desk), "write it anew: python -m tests.s3.test_troubles"


def test_a_refusal_has_its_exit_code_and_changes_nothing(title: str, desk: Desk) -> None:
    before = desk.contents()
    said = desk.type("sync", "--json")
    assert said.code == SCENES[title].code
    here, there = desk.contents()
    assert there == before[1]
    # Who may not write may read, and so what is new there comes.
    assert here == {**before[0], **(there if said.code == ExitCode.FAILED else {})}
    # A program is told the same as a person.
    [line] = [line for line in said.text.splitlines() if line.startswith("{")]
    [bucket] = json.loads(line)["buckets"]
    told = bucket.get("error") or bucket["failed"][0]
    assert told["message"] in TABLE[title]


def test_after_a_refusal_the_next_run_does_all(title: str, desk: Desk) -> None:
    desk.type("sync")
    with Proxy(desk.bucket.server.access) as desk.proxy:
        desk.environ = dict(SIGNED)
        desk.settings()
        # At another address than last time: a guard would notice.
        said = desk.type("sync", "--force")
    assert said.code == ExitCode.DONE, said.text
    here, there = desk.contents()
    assert here == there == {"calls.txt": b"Call Bea\n", "shopping.txt": b"Bread\n"}


def test_no_secret_is_shown_or_logged(title: str, desk: Desk) -> None:
    log = desk.folder / "log"
    told = [
        desk.type("sync", "--debug", "--log-file", str(log), "--log-level", "debug").text,
        desk.type("sync", "--json").text,
        desk.type("doctor").text,
        log.read_text(),
    ]
    assert all(told)
    assert [word for word in NEVER_SHOWN for text in told if word in text] == []


def test_secrets_that_a_service_repeats_are_not_shown(tmp_path: Path, moto: Moto) -> None:
    with ExitStack() as ending:
        desk = Desk(tmp_path, moto, ending)
        desk.environ["BUCKIA_NOTES_SESSION_TOKEN"] = TOKEN
        desk.refuses(403, "InvalidToken", f"What is {TOKEN}, and who is {KEY}?")
        said = desk.type("sync", "--debug")
    assert "What is " in said.text
    assert [word for word in NEVER_SHOWN if word in said.text] == []


def test_doctor_meets_the_same_trouble_and_says_what_to_do(title: str, desk: Desk) -> None:
    said = desk.type("doctor")
    assert said.code == ExitCode.FAILED
    message = TABLE[title].split(" | ")[2].split("<br>")[0].removeprefix("Error: ")
    assert message.removeprefix("notes: shopping.txt: ") in said.text


def main() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = []
    with Moto() as moto:
        for title in SCENES:
            with tempfile.TemporaryDirectory() as folder, played(title, Path(folder), moto) as desk:
                lines.append(row(title, desk))
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    table = HEAD + "\n".join(lines) + "\n"
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{table}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
