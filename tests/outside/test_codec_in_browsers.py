"""The codec in JavaScript takes and makes the same bytes as the one in Python."""

import json
import random
import subprocess
from collections.abc import Callable
from typing import Any

import msgpack
import pytest

from ledger.codec import REFUSED_CHARACTERS

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]

EDGES = [
    0,
    1,
    31,
    32,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2**31,
    2**32 - 1,
    2**32,
    2**53 - 1,
    2**53,
    2**63 - 1,
    2**63,
    2**64 - 1,
]
NUMBERS = [*EDGES, *(-number for number in EDGES if 0 < number <= 2**63), -33, -129, -32_769, -(2**31) - 1]
LENGTHS = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536]


def read(data: bytes) -> Any:
    """The value that bytes are, or `ValueError`."""
    value = msgpack.unpackb(data, strict_map_key=False)
    if msgpack.packb(value) != data or not is_value(value, 0):
        raise ValueError
    return value


def is_value(value: Any, depth: int) -> bool:
    match value:
        case bool() | int() | bytes() | None:
            return True
        case str():
            return REFUSED_CHARACTERS.search(value) is None
        case list():
            return depth < 32 and all(is_value(item, depth + 1) for item in value)
    return False


def make_value(random_: random.Random, depth: int = 0) -> Any:
    choice = random_.randrange(6 if depth < 4 else 5)
    length = random_.choice(LENGTHS[:6])
    match choice:
        case 0:
            return random_.choice(NUMBERS)
        case 1:
            return random_.randbytes(length)
        case 2:
            return "".join(random_.choice("aZ 河é😀") for _ in range(length))
        case 3:
            return random_.choice([None, True, False])
        case 4:
            return random_.getrandbits(random_.choice([6, 8, 16, 33, 64]))
    return [make_value(random_, depth + 1) for _ in range(random_.choice([0, 1, 3, 16]))]


def is_good(data: bytes) -> bool:
    try:
        read(data)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException):
        return False
    return True


def ask(run_node: Run, cases: list[bytes]) -> list[str | None]:
    done = run_node("codec.mjs", input=json.dumps([case.hex() for case in cases]))
    assert done.returncode == 0, done.stderr
    answers: list[str | None] = json.loads(done.stdout)
    return answers


def test_every_value_has_the_same_encoding(run_node: Run) -> None:
    random_ = random.Random(1)
    values = [*NUMBERS, *(b"x" * length for length in LENGTHS), *("x" * length for length in LENGTHS)]
    values += [[None] * length for length in LENGTHS] + [make_value(random_) for _ in range(300)]
    cases = [msgpack.packb(value) for value in values]
    assert ask(run_node, cases) == [case.hex() for case in cases]


def test_whatever_the_bytes_both_take_them_or_both_refuse(run_node: Run) -> None:
    random_ = random.Random(2)
    cases = [random_.randbytes(random_.randrange(12)) for _ in range(3_000)]
    for _ in range(1_500):
        data = bytearray(msgpack.packb(make_value(random_)))
        if data:
            data[random_.randrange(min(len(data), 64))] = random_.choice(
                [0xC0, 0xC1, 0xCA, 0xCC, 0xCD, 0xD0, 0xD9, 0x81, random_.randrange(256)]
            )
        cases.append(bytes(data[: random_.choice([len(data), len(data) - 1])]))
    cases += [b"\x91" * depth + b"\xc0" for depth in (31, 32, 33, 10_000)]
    answers = ask(run_node, cases)
    expected = [case.hex() if is_good(case) else None for case in cases]
    assert [case.hex() for case, answer, right in zip(cases, answers, expected, strict=True) if answer != right] == []
    assert 0.05 < sum(item is not None for item in answers) / len(answers) < 0.95
