"""The text envelope of an inclusion proof."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, format_signed_checkpoint, sign_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError
from ledger.notes import MAX_NOTE_BYTES, SignedNote, format_note, parse_note
from ledger.reasons import Reason
from ledger.tlog_proof import MAX_EXTRA_BYTES, MAX_HASHES, MAX_PROOF_BYTES, TlogProof, format_tlog_proof, parse_tlog_proof
from ledger.types import EntryIndex, Hash

VECTORS = Path(__file__).parents[1] / "vectors" / "c2sp"
NOTE = format_signed_checkpoint(sign_checkpoint(Checkpoint("hours.example", 6, sha256(b"root")), SigningKey(bytes(32))))
TEXT = NOTE.decode()
HASH_LINE = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

hashes = st.lists(st.binary(min_size=32, max_size=32).map(Hash), max_size=MAX_HASHES).map(tuple)
extras = st.none() | st.binary(min_size=1, max_size=200)
proofs = st.builds(TlogProof, st.integers(0, 2**63 - 1).map(EntryIndex), hashes, st.just(TEXT), extras)


def test_a_proof_reads_as_the_specification_shows_it() -> None:
    proof = TlogProof(EntryIndex(4), (sha256(b"sibling"), sha256(b"uncle")), TEXT, b"extra")
    lines = format_tlog_proof(proof).decode().split("\n", 6)
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra ZXh0cmE=", "index 4"]
    assert [len(line) for line in lines[3:5]] == [44, 44]
    assert lines[5:] == ["", TEXT]
    assert proof.checkpoint_note == NOTE


def test_the_specifications_example_with_a_real_note_in_it() -> None:
    example = (VECTORS / "tlog-proof-example.txt").read_text()
    head, _, shortened = example.partition("\n\n")
    with pytest.raises(CodecError, match="base64"):  # its extra data is cut short
        parse_tlog_proof(example.encode())
    whole = head.replace("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n", "")
    with pytest.raises(CodecError, match="base64"):  # and so are its signatures
        parse_tlog_proof(f"{whole}\n\n{shortened}".encode())
    proof = parse_tlog_proof(f"{whole}\n\n{TEXT}".encode())
    assert (proof.index, len(proof.hashes), proof.extra) == (73894, 5, None)
    assert proof.hashes[0].hex().startswith("8122b25e8619520")


def test_the_only_entry_needs_no_hashes() -> None:
    assert parse_tlog_proof(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{TEXT}".encode()).hashes == ()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\n",
        "c2sp.org/tlog-proof@v1\nindex\n\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\n",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n",  # empty extra data would have two forms
        "c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH_LINE} \n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{HASH_LINE}\n" * (MAX_HASHES + 1) + "\n",
    ],
)
def test_a_proof_that_is_not_exactly_one_is_refused(head: str) -> None:
    assert parse_tlog_proof(f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH_LINE}\n\n{TEXT}".encode()).hashes
    with pytest.raises(CodecError):
        parse_tlog_proof(f"{head}{TEXT}".encode())


@pytest.mark.parametrize("note", ["", "hours.example\n6\n", TEXT.replace("\n6\n", "\n06\n"), TEXT[:-1], "\ud800" + TEXT])
def test_the_note_inside_is_a_signed_checkpoint(note: str) -> None:
    with pytest.raises(CodecError):
        TlogProof(EntryIndex(0), (), note)
    with pytest.raises(CodecError):
        parse_tlog_proof(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}".encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("index", "items", "extra"),
    [(-1, (), None), (2**63, (), None), (0, (bytes(31),), None), (0, (), b""), (0, (), bytes(MAX_EXTRA_BYTES + 1))],
)
def test_what_no_proof_can_hold(index: int, items: tuple[bytes, ...], extra: bytes | None) -> None:
    with pytest.raises(CodecError):
        TlogProof(EntryIndex(index), tuple([Hash(item) for item in items]), TEXT, extra)


def test_the_largest_proof_fits_and_larger_input_is_refused_unread() -> None:
    note = parse_note(NOTE)
    spare = MAX_NOTE_BYTES - len(NOTE)
    filler = tuple([note.signatures[0]] * (min(spare // 120, 127)))
    largest = format_note(SignedNote(note.text, (*note.signatures, *filler))).decode()
    proof = TlogProof(EntryIndex(2**63 - 1), (Hash(bytes(32)),) * MAX_HASHES, largest, bytes(MAX_EXTRA_BYTES))
    assert parse_tlog_proof(format_tlog_proof(proof)) == proof
    assert len(format_tlog_proof(proof)) - len(largest) + MAX_NOTE_BYTES <= MAX_PROOF_BYTES
    with pytest.raises(CodecError) as refused:
        parse_tlog_proof(bytes(MAX_PROOF_BYTES + 1))
    assert refused.value.reason is Reason.TOO_LARGE


@given(proofs)
def test_proof_round_trip(proof: TlogProof) -> None:
    assert parse_tlog_proof(format_tlog_proof(proof)) == proof


pieces = st.sampled_from([b"c2sp.org/tlog-proof@v1\n", b"index 0\n", b"extra AA==\n", HASH_LINE.encode(), b"\n", NOTE, b"\xff"])


@given(st.binary() | st.lists(pieces).map(b"".join))
def test_any_bytes_are_a_proof_or_a_codec_error(data: bytes) -> None:
    try:
        proof = parse_tlog_proof(data)
    except CodecError:
        return
    assert format_tlog_proof(proof) == data
