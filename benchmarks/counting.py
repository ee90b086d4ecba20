"""How many hashes and checks of signatures a piece of work takes, by counting the calls of the libraries that do them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

import nacl.bindings

T = TypeVar("T")


@dataclass(slots=True)
class Counts:
    """Calls of SHA-256 and of the check of an Ed25519 signature."""

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

    with patch.object(hashlib, "sha256", count_hash), patch.object(nacl.bindings, "crypto_sign_open", count_signature):
        return work(), counts
