"""Checkpoints and cosignatures: published ones, what is refused, and that every part of the statement is signed."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    add_signatures,
    cosign,
    format_checkpoint,
    format_signed_checkpoint,
    parse_checkpoint,
    parse_signed_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from ledger.crypto import Context, SigningKey, sha256
from ledger.errors import CodecError, SignatureError
from ledger.notes import (
    NoteSignature,
    SignatureType,
    VerifierKey,
    is_key_name,
    parse_base64,
    parse_note,
    parse_verifier_key,
    verify_note,
)
from ledger.types import Hash

VECTORS = Path(__file__).parents[1] / "vectors" / "c2sp"
LOG = SigningKey(bytes([1] * 32))
WITNESS = SigningKey(bytes([2] * 32))
COSIGNER = VerifierKey("a1.example", SignatureType.COSIGNATURE, WITNESS.public_key)
CHECKPOINT = Checkpoint("hours.example/region", 42, sha256(b"root"))
TIME_S = 1_790_000_000

names = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1, max_size=30).filter(is_key_name)
sizes = st.integers(0, 2**63 - 1)
checkpoints = st.builds(Checkpoint, names, sizes, st.binary(min_size=32, max_size=32).map(Hash))


def test_the_specifications_example() -> None:
    signed = parse_signed_checkpoint((VECTORS / "tlog-cosignature-example.note").read_bytes())
    root = parse_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert signed.checkpoint == Checkpoint("example.com/behind-the-sofa", 20852163, Hash(root))
    assert [line.name for line in signed.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(signed.signatures[1].signature[:8], "big") == 1679315147  # the time in the specification's message
    assert parse_signed_checkpoint((VECTORS / "tlog-checkpoint-example.note").read_bytes()).checkpoint == signed.checkpoint


def test_a_public_logs_checkpoint_and_its_public_witnesses() -> None:
    signed = parse_signed_checkpoint((VECTORS / "arche2025h1.note").read_bytes())
    log, *witnesses = [
        parse_verifier_key(next(item for item in line.split() if item.count("+") >= 2))
        for line in (VECTORS / "arche2025h1.policy").read_text().splitlines()
        if line.startswith(("log", "witness"))
    ]
    assert verify_note(signed.note, [log]) == (log,)
    lines = {(line.name, line.key_id): line for line in signed.signatures}
    cosigned = [key for key in witnesses if (key.name, key.key_id) in lines]
    assert len(cosigned) == 4
    for key in cosigned:
        line = lines[key.name, key.key_id]
        assert verify_cosignature(signed.checkpoint, key, line) == 1779573024
        with pytest.raises(SignatureError):
            verify_cosignature(replace(signed.checkpoint, size=signed.checkpoint.size + 1), key, line)


def test_a_cosignature_signs_the_message_of_the_specification() -> None:
    line = cosign(CHECKPOINT, "a1.example", WITNESS, TIME_S)
    message = f"cosignature/v1\ntime {TIME_S}\n{format_checkpoint(CHECKPOINT)}".encode()
    assert line.name == "a1.example"
    assert line.key_id == sha256(b"a1.example\n\x04", WITNESS.public_key)[:4]
    assert line.signature == TIME_S.to_bytes(8, "big") + WITNESS.sign(Context.PLAIN, message)
    assert verify_cosignature(CHECKPOINT, COSIGNER, line) == TIME_S


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        "hours.example\n42\n",
        "hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",  # no newline at the end
        "\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "hours.example\n042\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "hours.example\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "hours.example\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",  # unused bits set
        "hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",  # 31 bytes
        "hours example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",  # the origin must be able to name a key
        "hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n",
        "hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
    ],
)
def test_a_text_that_is_not_exactly_a_checkpoint_is_refused(text: str) -> None:
    assert parse_checkpoint("hours.example\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n").size == 42
    with pytest.raises(CodecError):
        parse_checkpoint(text)


def test_the_refusal_of_an_extension_line_says_so() -> None:
    with pytest.raises(CodecError, match="extension"):
        parse_checkpoint(format_checkpoint(CHECKPOINT) + "extension\n")


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 0, bytes(32)), ("a" * 256, 0, bytes(32)), ("a", -1, bytes(32)), ("a", 2**63, bytes(32)), ("a", 0, bytes(31))],
)
def test_what_no_checkpoint_can_hold(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(CodecError):
        Checkpoint(origin, size, Hash(root))


def test_the_log_signs_under_its_origin_and_cosigners_are_added() -> None:
    signed = sign_checkpoint(CHECKPOINT, LOG)
    log = VerifierKey(CHECKPOINT.origin, SignatureType.ED25519, LOG.public_key)
    first = cosign(CHECKPOINT, "a1.example", WITNESS, TIME_S)
    later = cosign(CHECKPOINT, "a1.example", WITNESS, TIME_S + 60)
    cosigned = add_signatures(add_signatures(signed, [first]), [later])
    assert cosigned.signatures == (*signed.signatures, later)
    data = format_signed_checkpoint(cosigned)
    assert parse_signed_checkpoint(data) == cosigned
    assert verify_note(parse_note(data), [log]) == (log,)


def test_a_cosignature_counts_for_its_checkpoint_its_key_and_its_time_only() -> None:
    line = cosign(CHECKPOINT, "a1.example", WITNESS, TIME_S)
    wrong_key = VerifierKey("a1.example", SignatureType.COSIGNATURE, LOG.public_key)
    wrong_name = VerifierKey("a2.example", SignatureType.COSIGNATURE, WITNESS.public_key)
    later = replace(line, signature=(TIME_S + 1).to_bytes(8, "big") + line.signature[8:])
    relabelled = NoteSignature(wrong_key.name, wrong_key.key_id, line.signature)
    for checkpoint, key, candidate in [
        (replace(CHECKPOINT, origin="hours.example/other"), COSIGNER, line),
        (replace(CHECKPOINT, size=43), COSIGNER, line),
        (replace(CHECKPOINT, root=sha256(b"other")), COSIGNER, line),
        (CHECKPOINT, wrong_key, line),
        (CHECKPOINT, wrong_key, relabelled),
        (CHECKPOINT, wrong_name, line),
        (CHECKPOINT, COSIGNER, later),
        (CHECKPOINT, COSIGNER, replace(line, signature=line.signature[:-1])),
        (CHECKPOINT, COSIGNER, replace(line, signature=line.signature + b"\0")),
        (CHECKPOINT, COSIGNER, replace(line, signature=b"\0")),
    ]:
        with pytest.raises(SignatureError):
            verify_cosignature(checkpoint, key, candidate)


def test_a_logs_key_cannot_vouch_and_a_plain_signature_is_no_cosignature() -> None:
    as_log = VerifierKey("a1.example", SignatureType.ED25519, WITNESS.public_key)
    line = cosign(CHECKPOINT, "a1.example", WITNESS, TIME_S)
    with pytest.raises(CodecError, match="0x01"):
        verify_cosignature(CHECKPOINT, as_log, line)
    plain = WITNESS.sign(Context.PLAIN, format_checkpoint(CHECKPOINT).encode())
    with pytest.raises(SignatureError):
        verify_cosignature(CHECKPOINT, COSIGNER, NoteSignature("a1.example", COSIGNER.key_id, plain))


def test_times_are_bounded_as_the_specification_says() -> None:
    for time_s in (0, 2**63 - 1):
        assert verify_cosignature(CHECKPOINT, COSIGNER, cosign(CHECKPOINT, "a1.example", WITNESS, time_s)) == time_s
    for time_s in (-1, 2**63):
        with pytest.raises(CodecError):
            cosign(CHECKPOINT, "a1.example", WITNESS, time_s)
    message = f"cosignature/v1\ntime {2**63}\n{format_checkpoint(CHECKPOINT)}".encode()
    too_late = (2**63).to_bytes(8, "big") + WITNESS.sign(Context.PLAIN, message)
    with pytest.raises(SignatureError):
        verify_cosignature(CHECKPOINT, COSIGNER, NoteSignature("a1.example", COSIGNER.key_id, too_late))


@given(checkpoints)
def test_checkpoint_round_trip(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(checkpoints, names, st.integers(0, 2**63 - 1))
def test_signed_checkpoint_round_trip(checkpoint: Checkpoint, name: str, time_s: int) -> None:
    signed = add_signatures(sign_checkpoint(checkpoint, LOG), [cosign(checkpoint, name, WITNESS, time_s)])
    assert parse_signed_checkpoint(format_signed_checkpoint(signed)) == signed


pieces = st.sampled_from(
    ["hours.example", "42", "0", "\n", " ", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "— a AAAAAAA=\n"]
)


@given(st.text() | st.lists(pieces).map("".join))
def test_any_text_is_a_checkpoint_or_a_codec_error(text: str) -> None:
    try:
        checkpoint = parse_checkpoint(text)
    except CodecError:
        return
    assert format_checkpoint(checkpoint) == text


@given(st.binary() | st.lists(pieces).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_signed_checkpoint_or_a_codec_error(data: bytes) -> None:
    try:
        signed = parse_signed_checkpoint(data)
    except CodecError:
        return
    assert isinstance(signed, SignedCheckpoint)
    assert format_signed_checkpoint(signed) == data
