"""What keeps the short lane to an S3 bucket from hearing one answer for another, or half of one."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

S3 = "buckia_s3"
LINES = "tests/s3/lane/test_lines.py"
PARSING = "tests/s3/lane/test_parsing.py"
ANSWERS = "tests/s3/lane/test_answers.py"
CONNECTION = "tests/s3/test_connection.py"

MUTATIONS = (
    Mutation(
        name="s3: a connection on which something went wrong is used again",
        file=f"{S3}/lane/lines.py",
        text="            return\n        self.close()\n",
        instead="            return\n",
        why="what comes too late would be taken for what goes on; nobody gives such a "
        "connection to others, either",
        tests=of(LINES, "where_something_went_wrong_nothing_more_is_heard"),
    ),
    Mutation(
        name="s3: a connection with the rest of an object in it is used again",
        file=f"{S3}/lane/flow.py",
        text="        if line is not None:\n            line.close()\n",
        instead="        if line is not None:\n            self._lines.give_back(line)\n",
        why="bytes of one object would be heard as the answer about another",
        tests=of(LINES, "what_nobody_read_to_its_end_is_not_heard_by_the_next"),
    ),
    Mutation(
        name="s3: a connection with an answer in it that nobody waited for is used again",
        file=f"{S3}/lane/lane.py",
        text="        return Sent(heard, line.close)\n",
        instead="        return Sent(heard, lambda: self._lines.give_back(line))\n",
        why="the next one would be told of another object",
        tests=of(LINES, "an_answer_that_nobody_waited_for_is_not_heard_by_the_next"),
    ),
    Mutation(
        name="s3: a connection that says more than it was asked is used again",
        file=f"{S3}/lane/flow.py",
        text="        if self._answer.can_go_on:\n",
        instead="        if True:\n",
        why="the rest of it would be heard as the next answer",
        tests=of(LINES, "a_connection_that_says_more_than_it_was_asked_is_not_asked_again"),
    ),
    Mutation(
        name="s3: a connection on which something came unasked is used again",
        file=f"{S3}/lane/lines.py",
        text="            if line.is_alive():\n",
        instead="            if True:\n",
        why="it would be heard as the next answer",
        tests=of(LINES, "a_connection_on_which_something_came_meanwhile_is_not_asked_again"),
    ),
    Mutation(
        name="s3: closing after the end closes somebody else's connection",
        file=f"{S3}/asked.py",
        text="        self._abandon = None\n        return self._end()\n",
        instead="        return self._end()\n",
        why="whoever has it by then would lose the answer to what he sent",
        tests=of(LINES, "a_close_that_follows_the_end_leaves_the_connection_to_whoever_has_it_now"),
    ),
    Mutation(
        name="s3: certificates are not looked at by the short lane",
        file=f"{S3}/lane/lines.py",
        text="                    self._tls = ssl.create_default_context(cafile=trusted)\n",
        instead="                    self._tls = ssl._create_unverified_context()\n",
        why="anybody on the way could take the place of the service",
        tests=of(CONNECTION, "a_certificate_of_ones_own_is_trusted_where_its_bundle_is_named"),
    ),
    Mutation(
        name="s3: an answer that was cut off is whole",
        file=f"{S3}/lane/parsing.py",
        text="        if not self.is_headed or self._is_framed:\n",
        instead="        if not self.is_headed:\n",
        why="half an object or half a listing would come; the length of an object is looked at "
        "as well, and a page that was cut is none",
        tests=of(PARSING, "an_answer_that_ends_too_early_is_none"),
    ),
    Mutation(
        name="s3: a yes to what could not be sent is believed",
        file=f"{S3}/lane/lines.py",
        text="            if not self._is_sent and answer.status < 300:\n",
        instead="            if False:\n",
        why="the service cannot have stored what it has not heard",
        tests=of(LINES, "a_yes_before_all_was_sent_is_none"),
    ),
    Mutation(
        name="s3: any yes is the one that was asked for",
        file=f"{S3}/lane/answers.py",
        text="    return status in _GOOD[operation]\n",
        instead="    return 200 <= status < 300\n",
        why="somebody on the way may say so, who stores nothing",
        tests=of(ANSWERS, "only_the_very_word_is_a_yes"),
    ),
    Mutation(
        name="s3: what cannot be read between two lines of a listing is passed over",
        file=f"{S3}/lane/pages.py",
        text="    if any(pieces[::5]):\n",
        instead="    if False:\n",
        why="a line of another form would be left out, and its file be deleted here",
        tests=of(ANSWERS, "a_line_of_another_form_is_not_left_out"),
    ),
)
