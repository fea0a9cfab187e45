"""Secrets: a type that cannot be shown by accident, where they come from, and how logs forget them.

A provider marks its secret options by their type, `Secret | None`.
"""

from __future__ import annotations

from buckia.secrets.keyrings import Keyring, forget, recall, remember, system_keyring
from buckia.secrets.redact import Redactor
from buckia.secrets.secret import Secret, variable
from buckia.secrets.sources import Secrets, is_literal

__all__ = [
    "Keyring",
    "Redactor",
    "Secret",
    "Secrets",
    "forget",
    "is_literal",
    "recall",
    "remember",
    "system_keyring",
    "variable",
]
