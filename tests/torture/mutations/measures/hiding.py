"""What keeps secrets from being seen."""

from __future__ import annotations

from tests.torture.mutations.mutation import Mutation, of

SECRETS = "tests/guarantees/test_rule_11_secrets.py"

MUTATIONS = (
    Mutation(
        name="a secret shows itself where it is printed",
        file="buckia/secrets/secret.py",
        text="    def __repr__(self) -> str:\n        return SHOWN\n",
        instead="    def __repr__(self) -> str:\n        return self._text\n",
        why="it would stand in every traceback that shows the options",
        tests=of("tests/secrets/test_secret.py", "no_way_of_showing_a_secret_shows_it"),
    ),
    Mutation(
        name="a secret can be pickled",
        file="buckia/secrets/secret.py",
        text="    def __reduce__(self) -> NoReturn:\n"
        '        raise TypeError("a secret is not pickled")\n',
        instead="    def __reduce__(self) -> tuple[type, tuple[str]]:\n"
        "        return Secret, (self._text,)\n",
        why="it would be written down with whatever holds it",
        tests=of("tests/secrets/test_secret.py", "no_way_of_encoding_a_secret_works_or_says_it"),
    ),
    Mutation(
        name="failures of keys are told as the service told them",
        file="buckia/client/veil.py",
        text="    failed = tuple(_veiled(one, redactor) for one in result.failed)\n",
        instead="    failed = result.failed\n",
        why="a service may repeat what it was sent",
        tests=of(SECRETS, "no_failure_of_a_key_shows_a_secret"),
    ),
    Mutation(
        name="events are told as the service told them",
        file="buckia/client/veil.py",
        text="        tell(_veiled(event, redactor))\n",
        instead="        tell(event)\n",
        why="a service may repeat what it was sent",
        tests=of(SECRETS, "no_event_shows_a_secret"),
    ),
    Mutation(
        name="errors are told as the service told them",
        file="buckia/client/veil.py",
        text="        error.args = (error.message,)\n        raise\n",
        instead="        raise\n",
        why="a service may repeat what it was sent",
        tests=of(SECRETS, "no_error_that_ends_a_run_shows_a_secret"),
    ),
    Mutation(
        name="log records are written as they come",
        file="buckia/secrets/redact.py",
        text="        record.msg, record.args = _message(record), None\n",
        instead="        return True\n",
        why="they hold the words of other people's programs",
        tests=of("tests/secrets/test_redactor.py", "a_log_record_is_cleaned_before_it_is_written"),
    ),
    Mutation(
        name="lines of the command line are written as they come",
        file="buckia/cli/output.py",
        text="self._cleaned(text, out=out) if clean else text",
        instead="text",
        why="they hold the words of other people's programs",
        tests=of("tests/cli/test_output.py", "no_secret_is_ever_shown_or_logged"),
    ),
)
