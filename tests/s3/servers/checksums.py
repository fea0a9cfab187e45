"""The checksums that S3 knows, as it writes them."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import cache


def _crc(data: bytes, polynomial: int, bits: int) -> bytes:
    """Any CRC of reflected bits, all ones at first and at last."""
    table = _table(polynomial)
    value = ones = (1 << bits) - 1
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ ones).to_bytes(bits // 8, "big")


@cache
def _table(polynomial: int) -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (polynomial if value & 1 else 0) for value in table]
    return table


_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "md5": lambda data: hashlib.md5(data).digest(),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: _crc(data, 0x82F63B78, 32),
    "crc64nvme": lambda data: _crc(data, 0x9A6C9329AC4BC9B5, 64),
}


def known(algorithm: str) -> bool:
    return algorithm in _DIGESTS


def checksum(algorithm: str, data: bytes) -> str:
    """In base64, as headers have it."""
    return b64encode(_DIGESTS[algorithm](data)).decode()
