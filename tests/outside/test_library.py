"""The JavaScript library and the Python house give the same values and the same reasons, for good input and for mutated."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from certificates.base45 import format_base45, parse_base45
from certificates.datetimes import format_datetime, parse_datetime
from certificates.jcs import encode_jcs, parse_json, parse_json_object
from certificates.multibase import (
    format_multibase,
    format_verification_method,
    parse_multibase,
    parse_verification_method,
)
from ledger.checkpoint import parse_signed_checkpoint
from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.errors import HourledgerError
from ledger.notes import encode_text, format_base64, parse_base64, parse_verifier_key
from ledger.proofs import parse_bundle, verify_values
from ledger.trust import parse_trust, verify_checkpoint
from ledger.types import PublicKey, Signature
from tests.ledger.test_crypto import GROUP_ORDER, RFC_8032_VECTORS, SMALL_ORDER_KEYS

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
Call = list[Any]
ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "docs" / "formats" / "examples"
VECTORS: Final = ROOT / "tests" / "vectors" / "c2sp"
TRUST: Final = (EXAMPLES / "trust.txt").read_bytes()
BUNDLE: Final = (EXAMPLES / "bundle.json").read_bytes()
NOTE: Final = encode_text(json.loads(BUNDLE)["checkpoint"])


def _read_trust(data: str) -> Any:
    policy = parse_trust(bytes.fromhex(data))
    groups = [[group.threshold, len(group.members)] for group in policy.groups]
    return [len(policy.logs), len(policy.witnesses), groups, policy.quorum is not None]


def _read_checkpoint(trust: str, note: str) -> Any:
    found = verify_checkpoint(parse_trust(bytes.fromhex(trust)), bytes.fromhex(note))
    names = [item.key_name for item in found.cosigners]
    time_s = "null" if found.quorum_time_s is None else str(found.quorum_time_s)
    checkpoint = found.checkpoint
    return [checkpoint.origin, str(checkpoint.size), checkpoint.root.hex(), names, time_s]


def _read_bundle(data: str) -> Any:
    bundle = parse_bundle(parse_json(bytes.fromhex(data)))
    checkpoint = parse_signed_checkpoint(encode_text(bundle.checkpoint_note)).checkpoint
    header, values = verify_values(bundle, checkpoint)
    return [header.height, len(values)]


def _read_vkey(text: str) -> Any:
    key = parse_verifier_key(text)
    return [key.name, int(key.type), key.public_key.hex()]


def _is_signature(key: str, message: str, signature: str) -> bool:
    public, signed = PublicKey(bytes.fromhex(key)), Signature(bytes.fromhex(signature))
    return is_signature(public, Context.PLAIN, bytes.fromhex(message), signed)


CALLS: Final[dict[str, Callable[..., Any]]] = {
    "base64": lambda text: parse_base64(text).hex(),
    "base45": lambda text: [parse_base45(text).hex(), format_base45(parse_base45(text))],
    "sha256": lambda data: sha256(bytes.fromhex(data)).hex(),
    "json": lambda data: encode_jcs(parse_json(bytes.fromhex(data))).hex(),
    "datetime": lambda text: [parse_datetime(text), format_datetime(parse_datetime(text))],
    "multibase": lambda text: [parse_multibase(text).hex(), format_multibase(parse_multibase(text))],
    "key_method": lambda text: parse_verification_method(text).hex(),
    "is_signature": _is_signature,
    "verifier_key": _read_vkey,
    "trust": _read_trust,
    "checkpoint": _read_checkpoint,
    "bundle": _read_bundle,
}


def _answer(call: Call) -> dict[str, Any]:
    name, *parts = call
    try:
        return {"value": CALLS[name](*parts)}
    except HourledgerError as error:
        return {"refused": error.reason.value}


def _compare(run_node: Run, calls: list[Call], *arguments: str) -> list[dict[str, Any]]:
    """Ask both, and return what both say."""
    done = run_node("library.mjs", *arguments, input=json.dumps(calls))
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    for call, expected, found in zip(calls, map(_answer, calls), theirs, strict=True):
        assert found == expected, call
    return list(theirs)


def _count_good(answers: list[dict[str, Any]]) -> int:
    return sum("value" in item for item in answers)


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Change a byte, cut, repeat or insert."""
    start = random_.randrange(len(data))
    match random_.randrange(5):
        case 0:
            return data[:start] + bytes([data[start] ^ 1 << random_.randrange(8)]) + data[start + 1 :]
        case 1:
            return data[:start] + data[start + random_.randint(1, 4) :]
        case 2:
            return data[: start + 9] + data[start:]
        case 3:
            return data[:start] + bytes([random_.randrange(256)]) + data[start:]
        case _:
            other = random_.randrange(len(data))
            return data[:start] + data[other : other + 1] + data[start + 1 :]


JSON_TEXTS: Final = [
    '{"b":1,"a":[true,false,null,"\\u6cb3\\n\\/"]}',
    '{"\\ud83d\\ude00":1,"\\uffff":2,"a":{}}',
    '"\\ud800"',
    '{"a":1,"a":1}',
    '{"__proto__":1,"constructor":2}',
    "[1.0]",
    "[1e3]",
    "-0",
    "[01]",
    "9007199254740991",
    "-9007199254740992",
    "1" * 400,
    "[" * 32 + "]" * 32,
    "[" * 33 + "]" * 33,
    "[" * 100_000,
    ' \t\r\n{ "a" : [ ] , "b" : { } }\n',
    "\ufeff1",
    '"\x01"',
    "NaN",
    "",
    "nul",
    '{"a":1,}',
    "[1,]",
    '"\\x"',
    '"\\u12"',
    '"\u2028\x7f"',
]


def test_strict_json_has_one_reading_and_one_form(run_node: Run) -> None:
    random_ = random.Random(2)
    texts = [text.encode("utf-8", "surrogatepass") for text in JSON_TEXTS]
    mutants = [mutate(text, random_) for text in texts for _ in range(40) if 0 < len(text) < 200]
    answers = _compare(run_node, [["json", data.hex()] for data in [*texts, *mutants, b"\xff", b'"\xed\xa0\x80"']])
    assert _count_good(answers) > 100


def test_texts_that_stand_for_bytes(run_node: Run) -> None:
    random_ = random.Random(3)
    data = [random_.randbytes(length) for length in range(70)]
    texts = [("base64", format_base64(item)) for item in data] + [("base45", format_base45(item)) for item in data]
    texts += [("multibase", format_multibase(item)) for item in data] + [("multibase", format_multibase(bytes(9)))]
    texts.append(("key_method", format_verification_method(PublicKey(bytes(range(32))))))
    mutants = [
        (name, mutate(text.encode(), random_).decode("latin-1")) for name, text in texts for _ in range(8) if len(text) > 1
    ]
    answers = _compare(run_node, [[*item] for item in [*texts, *mutants]])
    assert _count_good(answers) > len(texts)


@pytest.mark.parametrize("tail", ["", "Z", "+08:00", "-14:00", "+14:01", "+00:60", "z"])
def test_times(tail: str, run_node: Run) -> None:
    moments = [
        "2026-03-01T09:30:00",
        "2026-02-29T00:00:00",
        "2024-02-29T23:59:59.5",
        "1970-01-01T00:00:00",
        "9999-12-31T23:59:59.999",
    ]
    moments += ["2026-03-01T24:00:00", "2026-13-01T00:00:00", "0000-01-01T00:00:00", "2026-03-01T09:60:00", "2026-3-1T9:30:00"]
    moments += ["2026-03-01T09:30:60", "2026-03-01T09:30:00.1234567899", "2026-03-01T09:30:00.123456789", "0001-01-01T00:00:00"]
    _compare(run_node, [["datetime", moment + tail] for moment in moments])


def test_sha256_is_that_of_everybody(run_node: Run) -> None:
    random_ = random.Random(4)
    _compare(run_node, [["sha256", random_.randbytes(length).hex()] for length in [*range(130), 1000, 100_000]])


# --- the one signature rule --------------------------------------------------------------------------------------------


def _list_signature_cases() -> Iterator[tuple[bytes, bytes, bytes]]:
    for _, key, message, signature in RFC_8032_VECTORS:
        yield bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    signer = SigningKey(bytes(range(32)))
    good = signer.sign(Context.PLAIN, b"message")
    number = int.from_bytes(good[32:], "little")
    for multiple in range(1, 16):
        if number + multiple * GROUP_ORDER < 2**256:
            yield signer.public_key, b"message", good[:32] + (number + multiple * GROUP_ORDER).to_bytes(32, "little")
    for small in map(bytes.fromhex, SMALL_ORDER_KEYS):
        yield small, b"message", small + bytes(32)
        yield small, b"message", SigningKey(bytes(32)).public_key + bytes(32)
        yield signer.public_key, b"message", small + good[32:]
    for top in (0xFF, 0x7F):  # y of p and more, some of which are points
        for low in range(0xED, 0x100):
            yield bytes([low]) + b"\xff" * 30 + bytes([top]), b"message", good


@pytest.mark.parametrize("browser", [(), ("without-ed25519",)])
def test_signatures_are_decided_as_the_nodes_decide(browser: tuple[str, ...], run_node: Run) -> None:
    random_ = random.Random(5)
    cases = list(_list_signature_cases())
    signer = SigningKey(random_.randbytes(32))
    for _ in range(60):
        message = random_.randbytes(random_.randrange(99))
        signature = signer.sign(Context.PLAIN, message)
        cases += [(signer.public_key, message, signature), (signer.public_key, message, mutate(signature, random_))]
        cases.append((mutate(signer.public_key, random_), message, signature))
    answers = _compare(run_node, [["is_signature", *(part.hex() for part in case)] for case in cases], *browser)
    assert sum(item["value"] for item in answers) >= 63


def test_a_part_of_small_order_decides_as_on_the_nodes(run_node: Run) -> None:
    """A key and a commitment with a part of small order beside a good one: where libraries are known to disagree."""
    cases = [[*map(bytes.hex, case)] for case in make_mixed_order_signatures()]
    answers = _compare(run_node, [["is_signature", *case] for case in cases])
    assert {item["value"] for item in answers} == {True, False}


P: Final = 2**255 - 19
D: Final = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def _add(left: Point, right: Point) -> Point:
    """Addition on the curve (RFC 8032, 5.1.4), as slow as it may be."""
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def _multiply(number: int, point: Point) -> Point:
    result: Point = (0, 1)
    for bit in f"{number:b}":
        result = _add(result, result)
        if bit == "1":
            result = _add(result, point)
    return result


def _encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> Point:
    whole = int.from_bytes(data, "little")
    y = whole & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x & 1 == whole >> 255 else P - x), y


def make_mixed_order_signatures() -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield key, message and signature whose equation holds but for a point of small order."""
    import hashlib  # noqa: PLC0415 - SHA-512 is of use in these formulas alone

    base = _decode(bytes([0x58] + [0x66] * 31))
    torsion = [_decode(bytes.fromhex(text)) for text in SMALL_ORDER_KEYS[5:9]]
    secret, nonce = 1234567, 7654321
    for spoil_key in (None, *torsion):
        for spoil_commitment in (None, *torsion):
            key_point, commitment_point = _multiply(secret, base), _multiply(nonce, base)
            key = _encode(key_point if spoil_key is None else _add(key_point, spoil_key))
            commitment = _encode(commitment_point if spoil_commitment is None else _add(commitment_point, spoil_commitment))
            for message in (b"a", b"b", b"c"):
                challenge = int.from_bytes(hashlib.sha512(commitment + key + message).digest(), "little")
                number = (nonce + challenge * secret) % GROUP_ORDER
                yield key, message, commitment + number.to_bytes(32, "little")


# --- notes, trust files, bundles ----------------------------------------------------------------------------------------


def test_verifier_keys(run_node: Run) -> None:
    random_ = random.Random(6)
    keys = [item.split()[1] for item in TRUST.decode().splitlines() if item.startswith("log ")]
    keys += [item.split()[2] for item in TRUST.decode().splitlines() if item.startswith("witness ")]
    keys += [path.read_text().strip() for path in VECTORS.glob("*.vkey")]
    mutants = [mutate(key.encode(), random_).decode("latin-1") for key in keys for _ in range(40)]
    answers = _compare(run_node, [["verifier_key", key] for key in [*keys, *mutants]])
    assert _count_good(answers) >= len(keys)


def test_trust_files(run_node: Run) -> None:
    random_ = random.Random(7)
    files = [TRUST, (VECTORS / "arche2025h1.policy").read_bytes(), (VECTORS / "tlog-policy-example.txt").read_bytes()]
    lines = TRUST.splitlines(keepends=True)
    for _ in range(200):
        files.append(b"".join(random_.sample(lines, len(lines))))
        files.append(b"".join([*lines, random_.choice(lines)]))
    groups = [
        "group g all a1 a2",
        "group g 3 a1 a2",
        "group none 1 a1",
        "group g 01 a1",
        "group g any a1\ngroup h any g",
        "log",
    ]
    files += [TRUST + group.encode() + b"\n" for group in groups]
    files += [TRUST.replace(b"quorum authorities", b"quorum none"), TRUST[:-1], TRUST + b"\x00\n", b"", TRUST + b"#\xff\n"]
    files += [TRUST.replace(b"a1", b"\xff\xfe"), TRUST.replace(b"witness a1", b"witness \xc3"), TRUST * 300]
    files += [mutate(TRUST, random_) for _ in range(400)]
    answers = _compare(run_node, [["trust", data.hex()] for data in files])
    assert 50 < _count_good(answers) < len(files) - 50


def test_checkpoints_count_or_do_not_alike(run_node: Run) -> None:
    random_ = random.Random(8)
    lines = NOTE.splitlines(keepends=True)
    notes = [NOTE, *(mutate(NOTE, random_) for _ in range(300))]
    notes += [b"".join(lines[:4] + random_.sample(lines[4:], count)) for count in range(1, len(lines) - 3) for _ in range(9)]
    notes += [
        NOTE + NOTE.splitlines(keepends=True)[-1],
        NOTE.replace(b"river", b"lake"),
        (VECTORS / "go-sumdb.note").read_bytes(),
    ]
    notes = [note for note in notes if _is_utf8(note)]
    trusts = [TRUST, TRUST.replace(b"quorum authorities", b"quorum none"), TRUST.replace(b"authorities 3", b"authorities 2")]
    calls = [["checkpoint", trust.hex(), note.hex()] for trust in trusts for note in notes]
    assert _count_good(_compare(run_node, calls)) >= 10


def _is_utf8(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def test_bundles_prove_or_do_not_alike(run_node: Run) -> None:
    random_ = random.Random(9)
    mutants = [mutate(BUNDLE, random_) for _ in range(300)]
    document = parse_json_object(BUNDLE)
    for name, value in document.items():
        mutants.append(encode_jcs({key: item for key, item in document.items() if key != name}))
        mutants.append(encode_jcs({**document, name: [value]}))
    for list_name in ("entries", "values"):
        items = document[list_name]
        assert isinstance(items, list)
        for place in range(len(items)):
            mutants.append(encode_jcs({**document, list_name: items[:place] + items[place + 1 :]}))
            mutants.append(encode_jcs({**document, list_name: [*items, items[place]]}))
    for proof in ("logProof", "stateProof"):
        hashes = parse_base64(str(document[proof]))
        others = (hashes[:-32], hashes[32:], hashes + bytes(32), hashes[:-1], b"", hashes[32:64] + hashes[:32] + hashes[64:])
        mutants += [encode_jcs({**document, proof: format_base64(other)}) for other in others]
    answers = _compare(run_node, [["bundle", data.hex()] for data in [BUNDLE, *mutants]])
    assert "value" in answers[0]
    assert len({item.get("refused") for item in answers}) >= 3
