"""How many hashes and checks of signatures a piece of work takes: calls of the libraries that do them, and what C counts."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

import nacl.bindings

from ledger.hashing import IS_COMPILED

if IS_COMPILED:
    from ledger import native

T = TypeVar("T")


@dataclass(slots=True)
class Counts:
    """SHA-256 computed, and checks of an Ed25519 signature."""

    hashes: int = 0
    signatures: int = 0


def count(work: Callable[[], T]) -> tuple[T, Counts]:
    """Do the work, which takes longer meanwhile, and return what it returns with the counts."""
    counts = Counts()
    sha256, crypto_sign_open = hashlib.sha256, nacl.bindings.crypto_sign_open

    def count_hash(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - handed on as they are
        counts.hashes += 1
        return sha256(*arguments, **options)

    def count_signature(signed: bytes, key: bytes) -> bytes:
        counts.signatures += 1
        return crypto_sign_open(signed, key)

    before = _count_compiled()
    with patch.object(hashlib, "sha256", count_hash), patch.object(nacl.bindings, "crypto_sign_open", count_signature):
        result = work()
    counts.hashes += _count_compiled() - before
    return result, counts


def _count_compiled() -> int:
    return native.count_hashes() if IS_COMPILED else 0
