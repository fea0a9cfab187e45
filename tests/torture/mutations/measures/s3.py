"""What keeps an S3 bucket from losing an object, and from being believed too readily."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

S3 = "buckia_s3"
LISTING = "tests/s3/test_listing.py"
READING = "tests/s3/test_reading.py"
UPLOADS = "tests/s3/test_uploads.py"
PARTS = "tests/s3/test_multipart.py"
ASSEMBLY = "tests/s3/test_assembly.py"
COPYING = "tests/s3/test_copying.py"
REMOVING = "tests/s3/test_removing.py"
CONNECTION = "tests/s3/test_connection.py"
PROBING = "tests/s3/test_probing.py"

MUTATIONS = (
    Mutation(
        name="s3: a new object is sent without If-None-Match",
        file=f"{S3}/ground.py",
        text='            return {"IfNoneMatch": "*"}\n',
        instead="            return {}\n",
        why="an object made since the listing would be replaced",
        tests=of(UPLOADS, "a_lost_answer_may_be_tried_again"),
    ),
    Mutation(
        name="s3: an object is replaced without If-Match",
        file=f"{S3}/ground.py",
        text='        return {"IfMatch": self.tag(expect)}\n',
        instead="        return {}\n",
        why="an edit made since the listing would be replaced",
        tests=of(UPLOADS, "a_service_that_takes_bare_etags_only_gets_these"),
    ),
    Mutation(
        name="s3: an object in parts is completed without a condition",
        file=f"{S3}/assembly.py",
        text="                **self._ground.conditions(expect),\n",
        instead="",
        why="an edit made while its parts were sent would be replaced",
        tests=of(PARTS, "a_condition_holds_at_completion_and_its_refusal_aborts"),
    ),
    Mutation(
        name="s3: an object is deleted without If-Match",
        file=f"{S3}/removing.py",
        text="    _delete(ground, key, IfMatch=ground.tag(version))\n",
        instead="    _delete(ground, key)\n",
        why="an edit made since the listing would be deleted",
        tests=of(REMOVING, "another_version_stays"),
    ),
    Mutation(
        name="s3: a copy is made without a condition on its target",
        file=f"{S3}/copying.py",
        text="                **self._ground.conditions(expect),\n",
        instead="",
        why="an object made since the listing would be replaced",
        tests=of(COPYING, "a_target_that_is_another_stays"),
    ),
    Mutation(
        name="s3: a copy is made without a condition on its source",
        file=f"{S3}/copying.py",
        text='        return {**origin, "CopySourceIfMatch": etags.quoted(self._version)}\n',
        instead="        return origin\n",
        why="the source may change between the look and the copy",
        tests=of(COPYING, "where_conditions_are_honoured_such_a_source_harms_no_target"),
    ),
    Mutation(
        name="s3: whatever version of the source is there is copied",
        file=f"{S3}/copying.py",
        text="        if self._ground.entry(self._source, seen).version != self._version:\n",
        instead="        if False:\n",
        why="many services ignore the condition",
        tests=of(COPYING, "another_version_of_the_source_is_not_copied"),
    ),
    Mutation(
        name="s3: a copy with another ETag is believed",
        file=f"{S3}/copying.py",
        text="            self._insist_same(answer, etag)\n",
        instead="            pass\n",
        why="it may be one of other bytes, and the old key goes",
        tests=of(COPYING, "a_source_that_changes_just_before_is_not_copied"),
    ),
    Mutation(
        name="s3: conditions are relied on that the endpoint was not seen to honour",
        file=f"{S3}/store.py",
        text="        if ability in self.traits.lacks:\n",
        instead="        if False:\n",
        why="most services ignore what they do not know",
        tests=of(UPLOADS, "who_has_no_conditions_sends_nothing_and_says_so"),
    ),
    Mutation(
        name="s3: a condition counts as honoured when it was merely taken",
        file=f"{S3}/probe.py",
        text="        return failure is not None and status_of(failure.__cause__) == _REFUSED\n",
        instead="        return True\n",
        why="most services ignore what they do not know",
        tests=of(PROBING, "each_endpoint_is_seen_as_it_is_and_is_left_as_it_was"),
    ),
    Mutation(
        name="s3: an upload has no checksum",
        file=f"{S3}/uploads.py",
        text='    return {"ContentMD5": in_base64(md5)}\n',
        instead="    return {}\n",
        why="bytes that were damaged on their way would be stored",
        tests=of(UPLOADS, "any_other_is_told_the_md5_in_a_header_that_all_understand"),
    ),
    Mutation(
        name="s3: the answer to an upload is not compared with what was sent",
        file=f"{S3}/uploads.py",
        text="        if not is_known and ground.habits.tags_are_md5 and not "
        "is_encrypted(found):\n",
        instead="        if False:\n",
        why="some services ignore the checksum",
        tests=of(UPLOADS, "damage_that_the_service_took_is_seen_in_its_answer_and_removed"),
    ),
    Mutation(
        name="s3: digests are told of bytes whose ETag is another",
        file=f"{S3}/uploads.py",
        text='        digests={**digest, "md5": md5} if is_known else {},\n',
        instead='        digests={**digest, "md5": md5},\n',
        why="what was not seen to be stored would be recorded as agreed",
        tests=of(UPLOADS, "where_etags_are_no_md5_another_one_says_nothing"),
    ),
    Mutation(
        name="s3: a part has no checksum",
        file=f"{S3}/multipart.py",
        text='assembly.call("upload_part", part.number, Body=data, ContentMD5=check)',
        instead='assembly.call("upload_part", part.number, Body=data)',
        why="bytes that were damaged on their way would be stored",
        tests=of(PARTS, "each_part_is_sent_with_its_checksum"),
    ),
    Mutation(
        name="s3: a body that changes between its two readings is sent",
        file=f"{S3}/multipart.py",
        text="is_proven=self._ground.habits.checks_parts",
        instead="is_proven=True",
        why="it would be a mixture, under the digest of the first reading, where the service "
        "does not compare the digest of each part itself",
        tests=of(
            PARTS,
            "a_body_that_changes_between_its_two_readings_is_not_stored",
            "a_body_that_changes_after_its_outline_is_not_stored",
        ),
    ),
    Mutation(
        name="s3: parts of an earlier try are used whatever is in them",
        file=f"{S3}/multipart.py",
        text="                if there.get(part.number) == md5:\n",
        instead="                if part.number in there:\n",
        why="the file may have changed since",
        tests=of(PARTS, "a_part_with_other_bytes_is_sent_again"),
    ),
    Mutation(
        name="s3: the ETag of a whole in parts is not compared",
        file=f"{S3}/multipart.py",
        text="        if not is_known and ground.habits.tags_of_parts and not "
        "is_encrypted(made):\n",
        instead="        if False:\n",
        why="some services ignore checksums",
        tests=of(PARTS, "damage_that_the_service_took_is_seen_at_the_end_and_removed"),
    ),
    Mutation(
        name="s3: an upload that failed is not given up",
        file=f"{S3}/assembly.py",
        text="                assembly.throw_away(error)\n",
        instead="                pass\n",
        why="its parts would be kept, and paid for, for ever",
        tests=of(ASSEMBLY, "an_upload_of_which_nobody_has_a_note_does_not_outlive_its_failure"),
    ),
    Mutation(
        name="s3: an upload is begun before that is noted",
        file=f"{S3}/assembly.py",
        text="        self._note(intended)\n",
        instead="",
        why="a kill in between would leave it there for ever",
        tests=of(ASSEMBLY, "an_upload_whose_name_never_came_is_found_and_thrown_away"),
    ),
    Mutation(
        name="s3: uploads of others are taken for ours",
        file=f"{S3}/assembly.py",
        text="        if abs(began.timestamp() - upload.began) < _SKEW and not "
        "any(_parts(ground, named)):\n",
        instead="        if True:\n",
        why="somebody else may be in the middle of it",
        tests=of(ASSEMBLY, "of_other_uploads_none_is_taken_for_it"),
    ),
    Mutation(
        name="s3: damage is removed whoever has written there since",
        file=f"{S3}/refusals.py",
        text="        elif ground.version(key) == version:\n",
        instead="        else:\n",
        why="it may be somebody's object by now",
        tests=of(UPLOADS, "what_somebody_else_wrote_over_the_damage_stays"),
    ),
    Mutation(
        name="s3: what stands there after an answer without an ETag is ours",
        file=f"{S3}/ground.py",
        text="        if etag not in {self.entry(key, found).version, metadata.sent_as(found)}:\n",
        instead="        if False:\n",
        why="it may be somebody's object by now",
        tests=of(UPLOADS, "what_somebody_else_wrote_is_neither_told_as_ours_nor_removed"),
    ),
    Mutation(
        name="s3: the loser of a race who is told 500 asks nobody",
        file=f"{S3}/refusals.py",
        text="        if ground.version(key) not in (expect, etag):\n",
        instead="        if False:\n",
        why="a try more would be taken for one that has nothing to do with the first",
        tests=of(UPLOADS, "the_loser_of_a_race_who_is_told_500_finds_out_who_has_won"),
    ),
    Mutation(
        name="s3: an object of another version is read",
        file=f"{S3}/reading.py",
        text='    if version is not None and entry.version != version:\n        answer["Body"]',
        instead='    if False:\n        answer["Body"]',
        why="a download in several tries would be a mixture",
        tests=of(READING, "another_version_is_never_read"),
    ),
    Mutation(
        name="s3: a connection that breaks is the end of an object",
        file=f"{S3}/reading.py",
        text="                with faults(connection.where, key):\n"
        "                    chunk = body.read(CHUNK)\n",
        instead="                try:\n"
        "                    chunk = body.read(CHUNK)\n"
        "                except Exception:\n"
        "                    return\n",
        why="half an object would come; the length of a whole one is looked at as well",
        tests=of(READING, "a_connection_that_is_cut_is_an_error_and_never_an_end"),
    ),
    Mutation(
        name="s3: digests in metadata count whatever bytes they stand beside",
        file=f"{S3}/metadata.py",
        text="    if metadata.get(ETAG) != etag:\n",
        instead="    if False:\n",
        why="metadata outlives the bytes where a program carries it over",
        tests=of(UPLOADS, "digests_written_beside_other_bytes_are_not_believed"),
    ),
    Mutation(
        name="s3: the ETag of an encrypted object is its MD5",
        file=f"{S3}/ground.py",
        text="        if self.habits.tags_are_md5 and etags.is_md5(etag) and not "
        "is_encrypted(answer):\n",
        instead="        if self.habits.tags_are_md5 and etags.is_md5(etag):\n",
        why="it only looks like one: equal bytes would count as different for ever",
        tests=of(UPLOADS, "the_etag_of_an_encrypted_object_is_no_damage_and_no_digest"),
    ),
    Mutation(
        name="s3: an answer of any kind is an empty listing",
        file=f"{S3}/listing.py",
        text='        if not answer.keys() & {"IsTruncated", "KeyCount", "Name"}:\n',
        instead="        if False:\n",
        why="everything would be deleted here",
        tests=of(LISTING, "what_is_no_listing_is_no_empty_bucket"),
    ),
    Mutation(
        name="s3: a listing that does not say where it goes on has ended",
        file=f"{S3}/listing.py",
        text="    if not token or token in known:\n        raise _odd(",
        instead="    if not token or token in known:\n        return _odd(",
        why="the rest of it would be deleted here",
        tests=of(LISTING, "more_that_nobody_can_ask_for_is_an_error"),
    ),
    Mutation(
        name="s3: a listing ends with its first page",
        file=f"{S3}/listing.py",
        text='        if not (answer.get("IsTruncated") or answer.get("NextContinuationToken")):\n',
        instead="        if True:\n",
        why="everything behind it would be deleted here",
        tests=of(LISTING, "many_keys_come_complete_and_in_order"),
    ),
    Mutation(
        name="s3: a page that comes again is taken for another",
        file=f"{S3}/listing.py",
        text="        _insist_on_order(connection, last, page)\n",
        instead="",
        why="keys out of order hide others; the engine looks at the order as well",
        tests=of(LISTING, "keys_in_another_order_are_an_error"),
    ),
    Mutation(
        name="s3: an object without an ETag is listed",
        file=f"{S3}/listing.py",
        text="    if not etag:\n",
        instead="    if False:\n",
        why="nobody could tell whether it has changed",
        tests=of(LISTING, "a_line_that_lacks_what_matters_is_an_error"),
    ),
    Mutation(
        name="s3: lines of a listing that cannot be read are left out",
        file=f"{S3}/listing.py",
        text='for row in answer.get("Contents", ())]',
        instead='for row in answer.get("Contents", ()) if {"Key", "Size", "ETag"} <= row.keys()]',
        why="their files would be deleted here",
        tests=of(LISTING, "a_line_that_lacks_what_matters_is_an_error"),
    ),
    Mutation(
        name="s3: any 404 means that an object is deleted",
        file=f"{S3}/removing.py",
        text="code_of(error.__cause__)) != (_NOT_FOUND, _GONE):\n",
        instead="code_of(error.__cause__)) is None:\n",
        why="a proxy on the way may have answered, and the object comes back",
        tests=of(REMOVING, "an_answer_that_does_not_say_it_plainly_is_no_proof_that_it_is_gone"),
    ),
    Mutation(
        name="s3: more follows only where the one right word says so",
        file=f"{S3}/ends.py",
        text='        response_dict["body"] = _SAID.sub(rb"\\g<1>" + word, body)\n',
        instead="        pass\n",
        why="all keys behind that page would seem to be deleted",
        tests=of(LISTING, "more_that_is_said_to_follow_in_any_word_is_asked_for"),
    ),
    Mutation(
        name="s3: of many keys those that nobody speaks of are deleted",
        file=f"{S3}/removing.py",
        text="    for key in (key for key in keys if key not in named):\n",
        instead="    for key in ():\n",
        why="an answer of somebody else's would be a yes to all of them",
        tests=of(REMOVING, "of_many_none_is_taken_for_gone_that_is_not_named"),
    ),
    Mutation(
        name="s3: a bucket that is gone is an object that is gone",
        file=f"{S3}/ground.py",
        text="            self._insist()\n            raise\n",
        instead="            raise\n",
        why="each key that is asked for would seem to be deleted",
        tests=of(
            READING, "what_is_not_there_is_not_found_and_a_bucket_that_is_not_there_is_no_key"
        ),
    ),
    Mutation(
        name="s3: the client follows where an answer sends it",
        file=f"{S3}/sdk.py",
        text='    params["context"].get("s3_redirect", {})["redirected"] = True\n',
        instead="",
        why="a bucket elsewhere may be another one, and what is signed is for this service",
        tests=of(CONNECTION, "an_endpoint_that_sends_elsewhere_is_an_error_and_no_circle"),
    ),
    Mutation(
        name="s3: certificates are not looked at",
        file=f"{S3}/sdk.py",
        text="            verify=self.verified,\n",
        instead="            verify=False,\n",
        why="anybody on the way could take the place of the service",
        tests=of(CONNECTION, "a_certificate_of_ones_own_is_trusted_where_its_bundle_is_named"),
    ),
    Mutation(
        name="s3: the client tries again by itself",
        file=f"{S3}/sdk.py",
        text='        retries={"total_max_attempts": 1, "mode": "standard"},\n',
        instead='        retries={"total_max_attempts": 3, "mode": "standard"},\n',
        why="a conditional write that is tried again unseen is refused by its own bytes",
        tests=of(CONNECTION, "nothing_is_tried_again_by_the_client"),
    ),
    Mutation(
        name="s3: keys that lead out are sent as they are",
        file=f"{S3}/ground.py",
        text="    if problem := keys.problem(key):\n",
        instead="    if problem := None:\n",
        why="some services make another key of them",
        tests=of(REMOVING, "keys_that_nobody_can_keep_are_refused_before_anything_is_sent"),
    ),
)
