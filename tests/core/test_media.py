"""What a name says of its content."""

from __future__ import annotations

import pytest

from buckia.media import content_type


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a.jpg", "image/jpeg"),
        ("x/y/a.PNG", "image/png"),
        ("a.html", "text/html"),
        ("a.json", "application/json"),
        ("a.b/c", None),
        ("a", None),
        (".profile", None),
        ("a.no-such-thing", None),
    ],
)
def test_the_content_type_is_guessed_from_the_name(key: str, kind: str | None) -> None:
    assert content_type(key) == kind


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("notes.txt.gz", "application/gzip"),
        ("backup.tar.gz", "application/gzip"),
        ("backup.tgz", "application/gzip"),
        ("data.json.xz", "application/x-xz"),
        ("site.html.bz2", "application/x-bzip2"),
    ],
)
def test_a_compressed_file_is_not_said_to_be_what_is_inside(key: str, kind: str) -> None:
    # Served as text without a word about compression, it would be shown as rubbish.
    assert content_type(key) == kind
