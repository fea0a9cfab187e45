"""From the keys of a bucket to the options that its provider asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from buckia.config.bucket import BucketConfig
from buckia.config.common import COMMON
from buckia.config.file import exposed_secret
from buckia.config.where import Where, step, suggestion
from buckia.errors import ConfigError, PluginError
from buckia.provider import Provider
from buckia.secrets import Secret, Secrets, is_literal, variable

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - as in buckia.provider

_PATH = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*?)`")
_WRONG = re.compile(r"Expected `(.*?)`, got `(.*?)`")
_WORDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


class Stands(NamedTuple):
    """A secret or a reference, and the key under which it stands."""

    place: str
    value: str | Secret | None


NOWHERE = Stands("", None)


def resolve_options(
    config: BucketConfig,
    provider: Provider[O],
    *,
    secrets: Secrets,
    where: Where | None = None,
) -> O:
    """The provider's options: its own keys, checked, and its secrets, found.

    `where` is where the bucket stands, if not where the config says. Warnings go to
    `secrets.warnings`.
    """
    where = where or config.where
    fields = {field.encode_name: field for field in msgspec.structs.fields(provider.options)}
    secret = {name for name, field in fields.items() if _is_secret(field.type)}
    _refuse_taken(provider, fields)
    _refuse_unknown(config, provider, fields, where)
    given = _given_secrets(config, secret, where)
    values = {key: value for key, value in config.options.items() if key not in secret}
    for name in sorted(secret):
        if (found := _find(name, given.get(name, NOWHERE), where, secrets)) is not None:
            values[name] = found
        elif fields[name].required:
            raise _missing_secret(name, where)
    return _converted(values, provider, where, secrets)


def _is_secret(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind is Secret or (get_origin(kind) in (Union, UnionType) and Secret in get_args(kind))


def _refuse_taken(provider: Provider[O], fields: Mapping[str, object]) -> None:
    taken = sorted(fields.keys() & {*COMMON, "options"})
    if taken:
        raise PluginError(
            f'the provider "{provider.name}" wants a key of its own named "{taken[0]}", '
            "which every bucket has already"
        )


def _refuse_unknown(
    config: BucketConfig, provider: Provider[O], fields: Mapping[str, object], where: Where
) -> None:
    for key in config.options:
        if key not in fields:
            own = ", ".join(fields) or "none"
            hint = suggestion(key, [*COMMON, *fields])
            hint = hint or f'Keys of the provider "{provider.name}": {own}.'
            raise where.error(key, "unknown key", hint=hint)


def _given_secrets(config: BucketConfig, secret: set[str], where: Where) -> dict[str, Stands]:
    """What stands under the provider's secret keys, flat or in the map of credentials."""
    given: dict[str, Stands] = {}
    for key in secret & config.options.keys():
        value = config.options[key]
        if not isinstance(value, str | Secret):
            # What it is stays unsaid: a secret of digits only is still one.
            hint = "Put it into quotes to make it text."
            raise where.error(key, "expected text", hint=hint)
        given[key] = Stands(key, value)
    for key, value in config.credentials.items():
        place = "credentials" + step(key)
        if key not in secret:
            hint = (
                suggestion(key, secret) or f"Secrets here: {', '.join(sorted(secret)) or 'none'}."
            )
            raise where.error(place, "unknown secret", hint=hint)
        if key in given:
            raise where.error(place, f'the same secret stands under "{key}" already')
        given[key] = Stands(place, value)
    return given


def _find(key: str, given: Stands, where: Where, secrets: Secrets) -> Secret | None:
    try:
        found = secrets.find(where.bucket, key, given.value, directory=where.directory)
    except ConfigError as error:
        raise where.error(given.place or key, error.message, hint=error.hint) from error
    if given.place == key and _exposed(given.value, where):
        # Those in the map of credentials were seen when the file was read.
        secrets.warnings.append(exposed_secret(where, key))
    return found


def _exposed(value: object, where: Where) -> bool:
    return where.exposed and isinstance(value, str) and is_literal(value)


def _missing_secret(key: str, where: Where) -> ConfigError:
    name = f"{where.bucket}.{key}"
    return where.error(
        key,
        "the secret is missing",
        hint=f"Set the variable {variable(where.bucket, key)}, or run: buckia secrets set {name}",
    )


def _converted(
    values: Mapping[str, Any], provider: Provider[O], where: Where, secrets: Secrets
) -> O:
    def inner(kind: type, value: Any) -> Any:
        """Secrets that stand deeper inside, which only the file can hold."""
        if kind is not Secret:
            raise NotImplementedError(f"nothing is known of the type {kind.__name__}")
        if not isinstance(value, str | Secret):
            raise TypeError("Expected `str`, got `another kind of value`")
        if _exposed(value, where):
            secrets.warnings.append(exposed_secret(where, ""))
        return secrets.resolve(value, directory=where.directory)

    try:
        made = msgspec.convert(values, provider.options, dec_hook=inner)
    except msgspec.ValidationError as error:
        raise _translated(str(error), where) from None
    except ConfigError as error:
        raise where.error("", error.message, hint=error.hint) from error
    except UnicodeEncodeError as error:
        raise where.error("", "a key inside holds half a character, which is no text") from error
    except (TypeError, NotImplementedError) as error:
        raise PluginError(
            f'the options of the provider "{provider.name}" cannot be filled: {error}'
        ) from error
    if unknown := _unknown_inside(values, made, ""):
        place, hint = unknown
        raise where.error(place, "unknown key", hint=hint)
    return made


def _unknown_inside(given: Any, made: Any, place: str) -> tuple[str, str] | None:
    """The first key in what was given that no struct took, and what it may have meant."""
    pairs: list[tuple[Any, Any, str]] = []
    if isinstance(given, Mapping) and isinstance(made, msgspec.Struct):
        names = {field.encode_name: field.name for field in msgspec.structs.fields(made)}
        tag = made.__struct_config__.tag_field
        for key, value in given.items():
            if key != tag and key not in names:
                return (place + step(key)).removeprefix("."), suggestion(str(key), names)
            if key in names:
                pairs.append((value, getattr(made, names[key]), place + step(key)))
    elif isinstance(given, Mapping) and isinstance(made, Mapping):
        pairs = [(value, made.get(key), place + step(key)) for key, value in given.items()]
    elif isinstance(given, list | tuple) and isinstance(made, list | tuple):
        pairs = [(g, m, f"{place}[{n}]") for n, (g, m) in enumerate(zip(given, made, strict=False))]
    found = (_unknown_inside(*pair) for pair in pairs)
    return next((one for one in found if one), None)


def _translated(message: str, where: Where) -> ConfigError:
    """The validator's words as ours."""
    matched = _PATH.fullmatch(message)
    problem, key = matched.groups() if matched else (message, "")
    if missing := _MISSING.fullmatch(problem):
        key = f"{key}.{missing[1]}".removeprefix(".")
        return where.error(key, "the key is missing; the provider needs it")
    if wrong := _WRONG.fullmatch(problem):
        expected = " or ".join(_WORDS.get(word, word) for word in wrong[1].split(" | "))
        problem = f"expected {expected}, found {_WORDS.get(wrong[2], wrong[2])}"
    if problem.startswith(("Expected ", "Invalid ", "Object ")):
        problem = problem[0].lower() + problem[1:]
    return where.error(key, problem)
