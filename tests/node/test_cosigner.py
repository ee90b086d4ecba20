"""The cosigner: never two checkpoints that do not fit together, across crashes and old copies too."""

from pathlib import Path

import pytest

from ledger.authorities import Authority
from ledger.checkpoint import (
    Checkpoint,
    cosign,
    format_checkpoint,
    format_signed_checkpoint,
    parse_signed_checkpoint,
    verify_cosignature,
)
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.notes import NoteSignature, SignatureType, VerifierKey, verify_note
from ledger.reasons import Reason
from ledger.types import Hash, TimeMs
from node import cosigner as module
from node.chain import Chain
from node.cosigner import Cosigner, load_vouched_for
from node.files import RecordOnDisk
from node.storage.memory import MemoryStore
from tests.node import toy
from tests.node.running import KEYS

AUTHORITY = Authority("toy.example/a1", KEYS.authority.public_key, KEYS.cosigner.public_key, KEYS.log.public_key)
TIME_MS = TimeMs(2_000_500)


def make_cosigner(folder: Path) -> Cosigner:
    return Cosigner(toy.CHAIN_ID, KEYS, RecordOnDisk(folder / "cosigned"))


def make_chain(*blocks: str) -> Chain:
    """A chain with a block for each name, which puts a value of that name."""
    chain = toy.open_chain(MemoryStore())
    for number, name in enumerate(blocks):
        toy.add_block(chain, toy.transact(number, (b"key", name.encode())))
    return chain


def sign(cosigner: Cosigner, chain: Chain, time_ms: TimeMs = TIME_MS) -> bytes:
    with chain.reader() as reader:
        return format_signed_checkpoint(cosigner.sign(reader, (AUTHORITY,), time_ms))


def refuse(cosigner: Cosigner, chain: Chain) -> Reason:
    with pytest.raises(HourledgerError) as caught:
        sign(cosigner, chain)
    return caught.value.reason


def test_note_is_signed_by_the_log_and_cosigned_with_the_time(tmp_path: Path) -> None:
    chain = make_chain("one")
    signed = parse_signed_checkpoint(sign(make_cosigner(tmp_path), chain))
    assert signed.checkpoint == Checkpoint(toy.CHAIN_ID, chain.tip.size, chain.tip.frontier.root)
    verify_note(signed.note, [VerifierKey(toy.CHAIN_ID, SignatureType.ED25519, KEYS.log.public_key)])
    cosigning = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, KEYS.cosigner.public_key)
    line = next(line for line in signed.signatures if line.is_claimed_by(cosigning))
    assert verify_cosignature(signed.checkpoint, cosigning, line) == 2_000


def test_log_may_grow_and_the_same_size_be_signed_again(tmp_path: Path) -> None:
    cosigner = make_cosigner(tmp_path)
    for blocks in ((), ("one",), ("one", "two"), ("one", "two")):
        sign(cosigner, make_chain(*blocks))
    sign(make_cosigner(tmp_path), make_chain("one", "two", "three"))


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(
    "blocks",
    [
        ("one",),  # cut short
        ("one", "other"),  # as long, and different
        ("one", "other", "three"),  # longer, and different before
        (),
    ],
)
def test_log_that_does_not_begin_with_what_was_signed(tmp_path: Path, blocks: tuple[str, ...], *, is_restarted: bool) -> None:
    cosigner = make_cosigner(tmp_path)
    sign(cosigner, make_chain("one", "two"))
    guard = (tmp_path / "cosigned").read_bytes()
    cosigner = make_cosigner(tmp_path) if is_restarted else cosigner
    assert refuse(cosigner, make_chain(*blocks)) is Reason.STORE_DAMAGED
    assert (tmp_path / "cosigned").read_bytes() == guard
    sign(cosigner, make_chain("one", "two"))


def test_guard_is_durable_before_a_signature_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    write = RecordOnDisk.replace

    def note_guard(guard: RecordOnDisk, data: bytes) -> None:
        write(guard, data)
        events.append("guard")

    def note_cosigning(checkpoint: Checkpoint, name: str, key: SigningKey, time_s: int) -> NoteSignature:
        events.append("cosign")
        return cosign(checkpoint, name, key, time_s)

    monkeypatch.setattr(RecordOnDisk, "replace", note_guard)
    monkeypatch.setattr(module, "cosign", note_cosigning)
    chain = make_chain("one")
    sign(make_cosigner(tmp_path), chain)
    assert events == ["guard", "cosign"]
    expected = Checkpoint(toy.CHAIN_ID, chain.tip.size, chain.tip.frontier.root)
    assert load_vouched_for(RecordOnDisk(tmp_path / "cosigned"), toy.CHAIN_ID) == expected


def test_nothing_is_signed_when_the_guard_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise HourledgerError(Reason.WRITE_FAILED, "the disk is full")

    cosigner = make_cosigner(tmp_path)
    sign(cosigner, make_chain("one"))
    with monkeypatch.context() as patch:
        patch.setattr(RecordOnDisk, "replace", fail)
        patch.setattr(module, "cosign", lambda *_given: pytest.fail("it signed"))
        assert refuse(cosigner, make_chain("one", "two")) is Reason.WRITE_FAILED
    sign(cosigner, make_chain("one", "other"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.STORE_DAMAGED),
        (b"\xff", Reason.STORE_DAMAGED),
        (b"toy.example/chain\n1\n", Reason.STORE_DAMAGED),
        (format_checkpoint(Checkpoint("other.example/chain", 1, Hash(bytes(32)))).encode(), Reason.STORE_OF_ANOTHER_CHAIN),
    ],
)
def test_guard_that_is_not_this_chains(tmp_path: Path, data: bytes, reason: Reason) -> None:
    (tmp_path / "cosigned").write_bytes(data)
    with pytest.raises(HourledgerError) as caught:
        make_cosigner(tmp_path)
    assert caught.value.reason is reason
