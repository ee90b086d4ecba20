"""Many hashes at once, in C and in Python: both against hashlib."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.hashing import (
    IS_COMPILED,
    climb,
    climb_plainly,
    hash_each,
    hash_items,
    hash_items_plainly,
    hash_pairs,
    hash_pairs_plainly,
)
from tools.compiling import compile_native

if IS_COMPILED:
    from ledger import native

NOT_COMPILED = pytest.mark.skipif(not IS_COMPILED, reason="ledger/c is not compiled: there is no C compiler here")


@pytest.fixture(params=[True, False], ids=["instructions", "portable"])
def _compressor(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of computing SHA-256, where the processor has instructions for it."""
    native.choose_compressor(request.param)
    yield
    native.choose_compressor(True)


@NOT_COMPILED
@pytest.mark.usefixtures("_compressor")
def test_every_length_up_to_several_blocks() -> None:
    data = hashlib.shake_256(b"data").digest(400)
    for length in range(400):
        for prefix in (b"", b"\x00", data[:16], data[:64], data[:100]):
            assert native.hash_each(prefix, [data[:length]]) == [hashlib.sha256(prefix + data[:length]).digest()]


@NOT_COMPILED
@pytest.mark.usefixtures("_compressor")
def test_known_answers() -> None:
    # FIPS 180-4, examples of NIST: one block, two blocks, many.
    messages = (b"abc", b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", b"a" * 1_000_000)
    assert [item.hex() for item in native.hash_each(b"", messages)] == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    ]


@given(st.binary(max_size=80), st.lists(st.binary(max_size=200), max_size=8))
def test_each(prefix: bytes, items: list[bytes]) -> None:
    assert hash_each(prefix, items) == [hashlib.sha256(prefix + item).digest() for item in items]
    assert hash_each(prefix, tuple(items)) == hash_each(prefix, items)


@given(st.binary(max_size=20), st.lists(st.binary(min_size=32, max_size=32), max_size=9))
def test_pairs(prefix: bytes, hashes: list[bytes]) -> None:
    expected = [hashlib.sha256(prefix + b"".join(hashes[at : at + 2])).digest() for at in range(0, len(hashes) // 2 * 2, 2)]
    assert hash_pairs(prefix, hashes) == hash_pairs_plainly(prefix, hashes) == expected


@given(st.dictionaries(st.binary(max_size=100), st.none() | st.binary(max_size=300), max_size=8))
def test_items(items: dict[bytes, bytes | None]) -> None:
    assert list(hash_items(items).items()) == list(hash_items_plainly(items).items())


HASHES = st.binary(min_size=32, max_size=32)


@given(
    st.binary(max_size=20), HASHES, st.integers(0, 2**70), st.integers(0, 66), st.lists(HASHES).map(tuple), st.integers(0, 3)
)
@example(b"", bytes(32), 2**64 - 1, 64, (b"\x01" * 32,) * 64, 0)
@example(b"", bytes(32), 2**66 + 1, 65, (b"\x01" * 32,) * 66, 1)
def test_climbing(prefix: bytes, node: bytes, place: int, levels: int, hashes: tuple[bytes, ...], begin: int) -> None:
    try:
        expected = climb_plainly(prefix, node, place, levels, hashes, begin)
    except IndexError:
        with pytest.raises(IndexError):
            climb(prefix, node, place, levels, hashes, begin)
    else:
        assert climb(prefix, node, place, levels, hashes, begin) == expected


@NOT_COMPILED
@pytest.mark.parametrize(
    "call",
    [
        lambda: native.hash_each(b"", ["text"]),  # type: ignore[list-item]
        lambda: native.hash_pairs(b"", [b"short", bytes(32)]),
        lambda: native.hash_pairs(b"", [bytes(32), b"short"]),
        lambda: native.hash_items({b"key": "text"}),  # type: ignore[dict-item]
        lambda: native.hash_items({"text": None}),  # type: ignore[dict-item]
        lambda: native.hash_items([]),  # type: ignore[arg-type]
        lambda: native.climb(b"", b"short", 0, 0, (), 0),
        lambda: native.climb(b"", bytes(32), 0, 65, (bytes(32),) * 65, 0),
        lambda: native.climb(b"", bytes(32), 0, -1, (), 0),
        lambda: native.climb(b"", bytes(32), 0, 1, (bytes(32),), -1),
        lambda: native.climb(b"", bytes(32), 0, 1, (b"short",), 0),
    ],
)
def test_other_types_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"wanted|byte strings"):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("interface", [0, None])
def test_what_was_compiled_before_is_not_used(interface: int | None) -> None:
    stale = f"stale = types.ModuleType('ledger.native'); stale.INTERFACE = {interface}; sys.modules['ledger.native'] = stale"
    program = f"import sys, types; {stale}; import ledger.hashing; sys.exit(ledger.hashing.IS_COMPILED)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_a_compiler_nothing_is_made(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    assert compile_native(tmp_path) is None  # type: ignore[arg-type]
