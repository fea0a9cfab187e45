"""What keeps a storage zone, which knows no conditions, from losing an object."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

BUNNY = "buckia_bunny"
STORE = "tests/bunny/test_store.py"
SYNCING = "tests/bunny/test_syncing.py"
RECENT = "tests/bunny/test_recent.py"
DOUBTS = "tests/bunny/test_doubts.py"

MUTATIONS = (
    Mutation(
        name="bunny: an upload has no checksum",
        file=f"{BUNNY}/service.py",
        text='    told = {"Checksum": digest.upper(), "Content-Type": _BYTES}\n',
        instead='    told = {"Content-Type": _BYTES}\n',
        why="bytes that were damaged on their way would be stored",
        tests=of(STORE, "a_file_arrives_with_its_digest_and_its_type"),
    ),
    Mutation(
        name="bunny: any yes means that an upload was stored",
        file=f"{BUNNY}/service.py",
        text="    if status != CREATED:\n",
        instead="    if False:\n",
        why="somebody on the way may say so, who stores nothing",
        tests=of(STORE, "a_yes_of_somebody_between_is_no_upload"),
    ),
    Mutation(
        name="bunny: a body of other bytes than it promised is sent",
        file=f"{BUNNY}/service.py",
        text="    with closing(WatchedBody(body).open()) as source:\n",
        instead="    with closing(body.open()) as source:\n",
        why="a file that changes while it is read would be sent as a mixture",
        tests=of(STORE, "a_body_of_other_bytes_than_it_promised_is_not_stored"),
    ),
    Mutation(
        name="bunny: after a refusal without a reason an upload counts as done",
        file=f"{BUNNY}/writing.py",
        text="    if found is not None and found.version == digest:\n",
        instead="    if found is not None:\n",
        why="what stands there may be the version before",
        tests=of(DOUBTS, "after_a_refusal_without_a_reason_the_version_before_is_no_success"),
    ),
    Mutation(
        name="bunny: an object of another version is read",
        file=f"{BUNNY}/reading.py",
        text="    if version is not None and entry.version != version:\n",
        instead="    if False:\n",
        why="a download in several tries would be a mixture",
        tests=of(STORE, "what_changes_while_it_is_read_is_another_version"),
    ),
    Mutation(
        name="bunny: downloads are not held against their digest",
        file=f"{BUNNY}/reading.py",
        text="    if size != entry.size or (wanted is not None and running.hexdigest() != "
        "wanted):\n",
        instead="    if size != entry.size:\n",
        why="the answer does not tell of which version its bytes are",
        tests=of(STORE, "bytes_that_are_not_those_that_are_stored_are_found"),
    ),
    Mutation(
        name="bunny: a range is not looked at afterwards",
        file=f"{BUNNY}/reading.py",
        text="    now = zone.find(entry.key)\n"
        "    if now is None or now.version != entry.version:\n"
        '        raise VersionMismatch(f"{entry.key} was changed while it was read", '
        "key=entry.key)\n"
        "    yield held\n",
        instead="    yield held\n",
        why="no digest tells of which version the bytes of a range are",
        tests=of(DOUBTS, "a_range_that_changes_while_it_is_read_is_another_version"),
    ),
    Mutation(
        name="bunny: a folder whose listing failed has no files",
        file=f"{BUNNY}/walking.py",
        text="                heappush(self._ready, (folder, error))\n",
        instead="                pass\n",
        why="all of them would be deleted here",
        tests=of(SYNCING, "what_cannot_be_listed_changes_nothing_anywhere"),
    ),
    Mutation(
        name="bunny: a folder that is not found has no files",
        file=f"{BUNNY}/zone.py",
        text="            # An absent folder is an empty list: this answer means something "
        "else.\n"
        '            raise Unavailable(f"the folder {path} cannot be listed: '
        '{error.message}") from error\n',
        instead="            return ()\n",
        why="all of them would be deleted here",
        tests=of(STORE, "a_listing_that_is_refused_is_never_an_empty_zone"),
    ),
    Mutation(
        name="bunny: names that no folder can hold are listed",
        file=f"{BUNNY}/zone.py",
        text='            if not row.object_name or "/" in row.object_name or '
        "row.object_name in seen:\n",
        instead="            if False:\n",
        why="such an answer is not one about this folder",
        tests=of(DOUBTS, "names_that_no_folder_can_hold_are_no_listing"),
    ),
    Mutation(
        name="bunny: two names that are one key hide each other",
        file=f"{BUNNY}/zone.py",
        text="        if key in found:\n",
        instead="        if False:\n",
        why="the hidden one would be replaced or deleted unseen",
        tests=of(STORE, "two_names_that_are_one_key_are_an_error_and_neither_is_hidden"),
    ),
    Mutation(
        name="bunny: a folder is taken for a file",
        file=f"{BUNNY}/zone.py",
        text="            if row.object_name == name and not row.is_directory:\n",
        instead="            if row.object_name == name:\n",
        why="to delete it would be to delete all that is below",
        tests=of(STORE, "a_folder_is_no_file_also_where_it_is_described"),
    ),
    Mutation(
        name="bunny: a key may end with a slash",
        file=f"{BUNNY}/paths.py",
        text="    if problem := keys.problem(key):\n",
        instead="    if problem := None:\n",
        why="to delete it would be to delete all that is below",
        tests=of(STORE, "what_would_be_a_folder_is_refused_before_anything_is_sent"),
    ),
    Mutation(
        name="bunny: a deletion that takes effect late is told as done",
        file=f"{BUNNY}/removing.py",
        text="    if (entries.entry(key, after), after.guid) == (entries.entry(key, "
        "before), before.guid):\n",
        instead="    if False:\n",
        why="the object would seem to be new, and come back",
        tests=of(STORE, "a_deletion_that_takes_effect_late_is_not_told_as_done"),
    ),
    Mutation(
        name="bunny: a listing that is older than our last deeds is believed",
        file=f"{BUNNY}/zone.py",
        text="        if not doubtful:\n",
        instead="        if True:\n",
        why="what was just uploaded would seem to be deleted",
        tests=of(RECENT, "a_listing_that_is_older_than_our_last_deeds_is_set_right"),
    ),
    Mutation(
        name="bunny: a zone that is gone is a file that is gone",
        file=f"{BUNNY}/zone.py",
        text="        except NotFound as error:\n"
        "            if not error.key:\n"
        "                raise\n"
        "            return None\n",
        instead="        except NotFound:\n            return None\n",
        why="each key that is asked for would seem to be deleted",
        tests=of(DOUBTS, "of_a_zone_that_is_gone_no_file_is_told_to_be_absent"),
    ),
    Mutation(
        name="bunny: the key goes wherever an answer points",
        file=f"{BUNNY}/client.py",
        text="            follow_redirects=False,\n",
        instead="            follow_redirects=True,\n",
        why="it is for this service alone, and a write elsewhere is no write",
        tests=of(DOUBTS, "the_key_is_sent_nowhere_else"),
    ),
    Mutation(
        name="bunny: certificates are not looked at",
        file=f"{BUNNY}/client.py",
        text="            verify=verified(trust),\n",
        instead="            verify=False,\n",
        why="anybody on the way could take the place of the service, and learn the password",
        tests=of(
            "tests/security/test_tls.py",
            "no_client_tells_a_secret_to_a_server_that_is_not_to_be_trusted",
        ),
    ),
    Mutation(
        name="bunny: what a refusal says is shown as it is",
        file=f"{BUNNY}/wire.py",
        text='said.replace(secret, b"***")',
        instead="said",
        why="a service may repeat the password",
        tests=of(DOUBTS, "a_password_that_the_service_repeats_is_not_told"),
    ),
    Mutation(
        name="bunny: the package may follow where an answer points",
        file=f"{BUNNY}/package.py",
        text="allow_redirects=False",
        instead="allow_redirects=True",
        why="the key is for this service alone",
        tests=of("tests/bunny/test_package.py", "its_key_follows_no_redirection"),
    ),
    Mutation(
        name="bunny: what the package says of a deletion is believed",
        file=f"{BUNNY}/package.py",
        text="            if not _OK <= asking.status < _ELSEWHERE:\n",
        instead="            if False:\n",
        why="it takes an error for a success",
        tests=of("tests/bunny/test_package.py", "no_failure_of_the_service_is_a_success"),
    ),
)
