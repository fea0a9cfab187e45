"""The house rules that no linter knows, each a function from one module to what breaks it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50

VENDORS = re.compile(
    r"(?<![a-z0-9])(s3|boto3|amz|aws\w*|bunny|bcdn|linode|httpx|obstore)(?![a-z0-9])", re.IGNORECASE
)
"""Names of providers and of their SDKs."""

IMPURE = frozenset(
    {"asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random"}
    | {"select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "stat"}
    | {"subprocess", "sys", "tempfile", "threading", "time", "urllib"}
)
"""Modules of the standard library through which a decision would see or change the world."""

_SUPPRESSION = re.compile(
    r"#\s*(?:type:\s*ignore(?:\[[^]]*\])?|(?:ruff:\s*)?noqa(?::[A-Z0-9, ]+)?)"
)
_REASON = re.compile(r"[a-z]{2,}\W+[a-z]{2,}", re.IGNORECASE)


class Module(NamedTuple):
    name: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)


def too_long(module: Module) -> Iterator[str]:
    """Modules and functions that nobody can read at one sitting."""
    lines = len(module.source.splitlines())
    if lines > LONGEST_MODULE:
        yield f"{module.name}: {lines} lines"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{module.name}:{node.lineno}: {node.name} has {length} lines"


def vendors(module: Module) -> Iterator[str]:
    """Lines that name a provider, in code, text or comment."""
    for number, line in enumerate(module.source.splitlines(), start=1):
        if found := VENDORS.search(line):
            yield f"{module.name}:{number}: {found[0]}"


def shown(module: Module) -> Iterator[str]:
    """Places that write to the terminal by themselves."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="print" | "input" as name)):
                yield f"{module.name}:{node.lineno}: {name}"
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name):
                yield f"{module.name}:{node.lineno}: sys.{name}"


def impure(module: Module) -> Iterator[str]:
    """Places where a decision would do more than decide."""
    for number, name in _imports(module):
        if name.split(".")[0] in IMPURE:
            yield f"{module.name}:{number}: {name}"
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="open")):
                yield f"{module.name}:{node.lineno}: open"


def possessive(module: Module) -> Iterator[str]:
    """Imports through which the shell would choose its stores itself."""
    for number, name in _imports(module):
        if f"{name}.".startswith("buckia.stores."):
            yield f"{module.name}:{number}: {name}"


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    """All imports, also those inside functions, with their lines."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(parent), level=0, names=names):
                yield from ((node.lineno, f"{parent}.{alias.name}") for alias in names)


def unexplained(module: Module) -> Iterator[str]:
    """Wide excepts and silenced checks that do not say beside them why."""
    comments = _comments(module.source)
    for number, comment in comments.items():
        rest = _SUPPRESSION.sub("", comment)
        if rest != comment and not _REASON.search(rest):
            yield f"{module.name}:{number}: {comment}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _wide(node):
            beside = " ".join(comments.get(node.lineno + n, "") for n in (-1, 0, 1))
            if not _REASON.search(_SUPPRESSION.sub("", beside)):
                yield f"{module.name}:{node.lineno}: a wide except"


def _wide(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"}
        for node in ast.walk(handler.type)
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
