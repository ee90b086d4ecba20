"""Bundles of a small real chain: what they prove under a cosigned checkpoint, and that no other reading of them passes."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import codec, log_proof, merkle, state_tree
from ledger.blocks import HEADER, Header
from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.events import OUTCOME, EventType
from ledger.notes import SignatureType, VerifierKey, encode_text, format_base64, parse_base64
from ledger.proofs import (
    MAX_HASHES,
    MAX_ITEMS,
    MEDIA_TYPE,
    Bundle,
    BundleEntry,
    ProvenValue,
    build_bundle,
    format_bundle,
    get_tlog_proof,
    parse_bundle,
    verify_entries,
    verify_values,
)
from ledger.reasons import Reason
from ledger.state import iterate_hashed
from ledger.tlog_proof import format_tlog_proof, parse_tlog_proof
from ledger.trust import TrustPolicy, build_trust, verify_checkpoint
from ledger.types import EntryIndex, Hash, Height, TimeMs
from tests.effort import choose
from tests.ledger.samples import AUTHORITIES, CHAIN_ID, HEADER_SAMPLE, TIME_MS, make_key

NOTED: EventType[str] = EventType("test.noted", codec.text("note", 100))
CHANGES: tuple[dict[bytes, bytes | None], ...] = (
    {b"record/1": b"valid", b"record/2": b"valid"},
    {b"record/2": b"revoked", b"record/3": b"valid", b"record/4": b""},
    {b"record/1": None, b"record/5": b"valid"},
)
"""What each block does to the state: record 2 is revoked in the second, record 1 removed in the third."""


class Chain:
    """A log and a state tree in memory, with the header of each block at its end."""

    def __init__(self, chain_id: str = CHAIN_ID) -> None:
        self.chain_id = chain_id
        self.entries: list[bytes] = []
        self.frontier = merkle.EMPTY_FRONTIER
        self.nodes: dict[tuple[int, int], Hash] = {}
        self.pages: list[dict[bytes, bytes]] = [{}]
        self.ends: list[int] = []

    def add_block(self, changes: dict[bytes, bytes | None]) -> None:
        pages = dict(self.pages[-1])
        updated = state_tree.update(pages.get, dict(iterate_hashed(changes)))
        for path, page in updated.pages.items():
            pages[path] = page or b""
        self.pages.append({path: page for path, page in pages.items() if page})
        height = len(self.ends)
        header = replace(
            HEADER_SAMPLE,
            chain_id=self.chain_id,
            height=Height(height),
            time_ms=TimeMs(TIME_MS + height),
            state_root=updated.root,
            log_size=EntryIndex(self.frontier.size),
            log_root=self.frontier.root,
        )
        self.append(*[NOTED.encode(key.decode()) for key in changes], HEADER.encode(header))
        self.ends.append(self.frontier.size)

    def append(self, *entries: bytes) -> None:
        appended = merkle.append(self.frontier, [merkle.compute_leaf_hash(entry) for entry in entries])
        self.nodes |= {(level, index): node for level, index, node in appended.nodes}
        self.frontier = appended.frontier
        self.entries.extend(entries)

    def read_node(self, level: int, index: int) -> Hash:
        return self.nodes[level, index]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        at = self.frontier.size if size is None else size
        return Checkpoint(self.chain_id, at, merkle.compute_root_at(self.read_node, at))

    def note(self, size: int | None = None) -> str:
        checkpoint = self.checkpoint(size)
        lines = [
            cosign(checkpoint, f"hours.example/a{number}", make_key(f"cosigner {number}"), TIME_MS // 1000)
            for number in range(3)
        ]
        return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, make_key("log 0")), lines)).decode()

    def prove_values(self, values: Mapping[bytes, bytes | None], block: int = -1) -> dict[bytes, ProvenValue]:
        read = self.pages[block].get
        return {
            key: ProvenValue(value, state_tree.prove(read, state_tree.compute_key_hash(key))) for key, value in values.items()
        }

    def bundle(self, *indices: int, size: int | None = None, values: Mapping[bytes, ProvenValue] | None = None) -> Bundle:
        entries = {EntryIndex(index): self.entries[index] for index in indices}
        hashes = log_proof.prove_entries(self.read_node, sorted(entries), self.frontier.size if size is None else size)
        return build_bundle(self.note(size), entries, hashes, values or {})


def make_chain(chain_id: str = CHAIN_ID) -> Chain:
    chain = Chain(chain_id)
    for changes in CHANGES:
        chain.add_block(changes)
    return chain


def make_trust() -> TrustPolicy:
    logs = [VerifierKey(CHAIN_ID, SignatureType.ED25519, item.log_key) for item in AUTHORITIES]
    cosigners = [VerifierKey(item.name, SignatureType.COSIGNATURE, item.cosigner_key) for item in AUTHORITIES]
    return build_trust(CHAIN_ID, logs, cosigners, 3)


CHAIN = make_chain()
SIZE = CHAIN.frontier.size
LAST = SIZE - 1
OLD_SIZE = CHAIN.ends[1]
TRUST = make_trust()
VALUES: dict[bytes, bytes | None] = {
    b"record/1": None,
    b"record/2": b"revoked",
    b"record/4": b"",
    b"record/5": b"valid",
    b"record/9": None,
}
BUNDLE = CHAIN.bundle(0, 1, 4, LAST, values=CHAIN.prove_values(VALUES))


@dataclass(frozen=True, slots=True)
class Proven:
    """All that a verifier learns from a bundle."""

    header: Header
    entries: dict[EntryIndex, bytes]
    values: dict[bytes, bytes | None]


def verify(bundle: Bundle, trust: TrustPolicy = TRUST) -> Proven:
    """Every step in the order in which a verifier takes them."""
    checkpoint = verify_checkpoint(trust, encode_text(bundle.checkpoint_note)).checkpoint
    entries = verify_entries(bundle, checkpoint)
    header, values = verify_values(bundle, checkpoint)
    return Proven(header, dict(entries), dict(values))


def read(document: Any) -> Proven:
    return verify(parse_bundle(json.loads(json.dumps(document))))


PROVEN = Proven(
    HEADER.decode(CHAIN.entries[LAST]),
    {EntryIndex(index): CHAIN.entries[index] for index in (0, 1, 4, LAST)},
    dict(VALUES),
)


def change_entry(position: int, **changes: Any) -> Bundle:
    items = list(BUNDLE.entries)
    items[position] = msgspec.structs.replace(items[position], **changes)
    return replace(BUNDLE, entries=tuple(items))


def change_value(position: int, **changes: Any) -> Bundle:
    items = list(BUNDLE.values)
    items[position] = msgspec.structs.replace(items[position], **changes)
    return replace(BUNDLE, values=tuple(items))


class TestProven:
    def test_entries_and_current_values_under_one_checkpoint(self) -> None:
        assert verify(BUNDLE) == PROVEN
        assert PROVEN.header.height == 2

    def test_through_json_and_back(self) -> None:
        document = format_bundle(BUNDLE)
        assert parse_bundle(json.loads(json.dumps(document))) == BUNDLE
        assert format_bundle(parse_bundle(document)) == document
        assert read(document) == PROVEN

    def test_an_older_bundle_stays_what_it_was(self) -> None:
        values = CHAIN.prove_values({b"record/1": b"valid", b"record/5": None}, block=2)
        found = verify(CHAIN.bundle(OLD_SIZE - 1, size=OLD_SIZE, values=values))
        assert (found.header.height, found.values) == (1, {b"record/1": b"valid", b"record/5": None})

    def test_of_the_header_alone(self) -> None:
        assert verify(CHAIN.bundle(LAST)) == Proven(PROVEN.header, {EntryIndex(LAST): CHAIN.entries[LAST]}, {})

    def test_of_a_log_with_one_entry(self) -> None:
        chain = Chain()
        chain.add_block({})
        assert verify(chain.bundle(0, values=chain.prove_values({b"record/1": None}))).values == {b"record/1": None}

    @pytest.mark.parametrize("position", range(len(BUNDLE.entries)))
    def test_every_entry_is_a_proof_in_the_c2sp_form_as_well(self, position: int) -> None:
        item = BUNDLE.entries[position]
        proof = parse_tlog_proof(format_tlog_proof(get_tlog_proof(BUNDLE, item.index)))
        checkpoint = verify_checkpoint(TRUST, proof.checkpoint_note).checkpoint
        merkle.verify_inclusion(
            merkle.compute_leaf_hash(item.entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root
        )

    @settings(max_examples=30)
    @given(
        st.lists(
            st.dictionaries(st.sampled_from([b"a", b"b", b"c", b"d"]), st.none() | st.binary(max_size=2), max_size=4),
            min_size=1,
            max_size=5,
        ),
        st.data(),
    )
    def test_any_chain(self, story: list[dict[bytes, bytes | None]], data: st.DataObject) -> None:
        chain = Chain()
        state: dict[bytes, bytes | None] = {}
        for changes in story:
            chain.add_block(changes)
            state |= changes
        size = chain.frontier.size
        indices = data.draw(st.sets(st.integers(0, size - 1))) | {size - 1}
        keys = data.draw(st.sets(st.sampled_from([b"a", b"b", b"c", b"d", b"never"])))
        bundle = chain.bundle(*sorted(indices), values=chain.prove_values({key: state.get(key) for key in keys}))
        found = read(format_bundle(bundle))
        assert found.entries == {index: chain.entries[index] for index in indices}
        assert found.values == {key: state.get(key) for key in keys}


class TestForgedEntries:
    @pytest.mark.parametrize("position", range(len(BUNDLE.entries)))
    @pytest.mark.parametrize(
        "change",
        [
            {"entry": NOTED.encode("another")},
            {"entry": b""},
            {"entry": CHAIN.entries[2]},
            {"index": EntryIndex(2)},
            {"index": EntryIndex(SIZE)},
            {"index": EntryIndex(2**62)},
            {"index": EntryIndex(-1)},
        ],
        ids=["another", "empty", "of another index", "index", "behind the end", "far index", "negative"],
    )
    def test_entry_or_index_changed(self, position: int, change: dict[str, Any]) -> None:
        with pytest.raises(ProofError):
            verify(change_entry(position, **change))

    def test_hashes_cut_repeated_turned_or_flipped(self) -> None:
        hashes = BUNDLE.log_hashes
        assert len(hashes) > 1
        for forged in (
            (),
            hashes[1:],
            hashes[:-1],
            (*hashes, hashes[-1]),
            hashes[::-1],
            *[(*hashes[:at], Hash(bytes(32)), *hashes[at + 1 :]) for at in range(len(hashes))],
        ):
            with pytest.raises(ProofError):
                verify(replace(BUNDLE, log_hashes=forged))

    def test_a_proof_without_entries(self) -> None:
        with pytest.raises(ProofError):
            verify_entries(replace(BUNDLE, entries=()), CHAIN.checkpoint())

    def test_two_entries_swapped(self) -> None:
        left, right = BUNDLE.entries[0], BUNDLE.entries[1]
        swapped = (BundleEntry(left.index, right.entry), BundleEntry(right.index, left.entry), *BUNDLE.entries[2:])
        with pytest.raises(ProofError):
            verify(replace(BUNDLE, entries=swapped))

    def test_an_inner_node_is_no_entry(self) -> None:
        children = CHAIN.nodes[0, 0] + CHAIN.nodes[0, 1]
        with pytest.raises(ProofError):
            verify(replace(change_entry(0, entry=children), log_hashes=BUNDLE.log_hashes[1:]))
        with pytest.raises(ProofError):
            verify(change_entry(0, entry=children))


class TestForgedPresent:
    def test_an_older_header_does_not_pass_for_the_present(self) -> None:
        values = CHAIN.prove_values({b"record/2": b"valid"}, block=1)
        for indices in [(CHAIN.ends[0] - 1,), (CHAIN.ends[0] - 1, LAST)]:
            with pytest.raises(ProofError):
                verify(CHAIN.bundle(*indices, values=values))

    def test_values_alone_are_not_taken_from_a_header_that_is_not_in_the_log(self) -> None:
        pages: dict[bytes, bytes] = {}
        updated = state_tree.update(pages.get, dict(iterate_hashed({b"record/1": b"valid"})))
        pages |= {path: page for path, page in updated.pages.items() if page}
        forged = HEADER.encode(replace(PROVEN.header, state_root=updated.root))
        proof = state_tree.prove(pages.get, state_tree.compute_key_hash(b"record/1"))
        made = build_bundle("", {}, (), {b"record/1": ProvenValue(b"valid", proof)})
        bundle = replace(change_entry(-1, entry=forged), values=made.values, state_hashes=made.state_hashes)
        with pytest.raises(ProofError, match="another root"):
            verify_values(bundle, CHAIN.checkpoint())

    def test_an_older_header_does_not_pass_at_the_last_index(self) -> None:
        with pytest.raises(ProofError):
            verify(change_entry(-1, entry=CHAIN.entries[OLD_SIZE - 1]))

    def test_the_header_is_missing(self) -> None:
        with pytest.raises(ProofError, match="lacks"):
            verify(CHAIN.bundle(0, 1, values=CHAIN.prove_values(VALUES)))
        with pytest.raises(ProofError, match="lacks"):
            verify(Bundle(CHAIN.note(), (), (), (), ()))

    def test_a_log_that_ends_within_a_block(self) -> None:
        with pytest.raises(ProofError, match="does not end with a block header") as error:
            verify(CHAIN.bundle(1, size=2))
        assert error.value.reason is Reason.INVALID_PROOF

    def test_a_log_that_ends_with_something_like_a_header(self) -> None:
        chain = Chain()
        chain.append(EventType("test.header", HEADER.codec).encode(HEADER_SAMPLE))
        with pytest.raises(ProofError, match="does not end with a block header"):
            verify(chain.bundle(0))

    def test_a_header_of_a_later_version_says_so(self) -> None:
        chain = Chain()
        chain.append(msgpack.packb([2, "ledger.header", []]))
        with pytest.raises(ProofError) as error:
            verify(chain.bundle(0))
        assert error.value.reason is Reason.UNSUPPORTED_VERSION

    def test_an_empty_log(self) -> None:
        with pytest.raises(ProofError):
            verify(Bundle(Chain().note(), (), (), (), ()))

    def test_a_header_of_another_chain(self) -> None:
        chain = Chain()
        chain.append(HEADER.encode(replace(HEADER_SAMPLE, chain_id="other.example")))
        with pytest.raises(ProofError) as error:
            verify(chain.bundle(0))
        assert (error.value.reason, error.value.value) == (Reason.WRONG_CHAIN, "other.example")


class TestForgedValues:
    @pytest.mark.parametrize("position", range(len(VALUES)))
    @pytest.mark.parametrize("value", [None, b"", b"valid", b"revoked"])
    def test_only_the_one_value_passes(self, position: int, value: bytes | None) -> None:
        changed = change_value(position, value=value)
        if value == BUNDLE.values[position].value:
            assert verify(changed) == PROVEN
        else:
            with pytest.raises(ProofError):
                verify(changed)

    @pytest.mark.parametrize("position", [1, 2, 3])
    def test_a_value_denied_by_its_own_leaf(self, position: int) -> None:
        item = BUNDLE.values[position]
        assert item.value is not None
        leaf = (state_tree.compute_key_hash(item.key), state_tree.compute_value_hash(item.value))
        with pytest.raises(ProofError, match="is present"):
            verify(change_value(position, value=None, leaf=leaf))

    @pytest.mark.parametrize("position", range(len(VALUES)))
    def test_another_key(self, position: int) -> None:
        for key in (b"record/3", b"record/12", b"", b"record/1\x00"):
            with pytest.raises(ProofError):
                verify(change_value(position, key=key, value=b"valid"))

    def test_a_value_of_the_past(self) -> None:
        for key, value in [(b"record/1", b"valid"), (b"record/2", b"valid"), (b"record/5", None)]:
            for block in (1, 2):
                with pytest.raises(ProofError):
                    verify(CHAIN.bundle(LAST, values=CHAIN.prove_values({key: value}, block)))

    def test_a_path_cut_or_lengthened(self) -> None:
        for position, item in enumerate(BUNDLE.values):
            for depth in {0, item.depth - 1, item.depth + 1, 256, 257, -1} - {item.depth}:
                with pytest.raises(ProofError):
                    verify(change_value(position, depth=depth))

    def test_hashes_cut_repeated_or_turned(self) -> None:
        hashes = BUNDLE.state_hashes
        assert len(hashes) > 1
        for forged in ((), hashes[1:], hashes[:-1], (*hashes, hashes[-1]), (Hash(bytes(32)), *hashes[1:]), hashes[::-1]):
            with pytest.raises(ProofError):
                verify(replace(BUNDLE, state_hashes=forged))
        with pytest.raises(ProofError):
            verify(replace(BUNDLE, values=()))

    def test_a_leaf_left_out_or_put_in(self) -> None:
        leaf = (Hash(bytes(32)), Hash(bytes(32)))
        for position, item in enumerate(BUNDLE.values):
            for forged in {None, leaf} - {item.leaf}:
                with pytest.raises(ProofError):
                    verify(change_value(position, leaf=forged))

    def test_the_end_of_another_path(self) -> None:
        for position, item in enumerate(BUNDLE.values):
            for other in BUNDLE.values:
                if (other.depth, other.leaf) != (item.depth, item.leaf):
                    with pytest.raises(ProofError):
                        verify(change_value(position, depth=other.depth, leaf=other.leaf))


class TestForgedCheckpoint:
    def test_an_older_or_shorter_one(self) -> None:
        for size in range(1, SIZE):
            with pytest.raises(ProofError):
                verify(replace(BUNDLE, checkpoint_note=CHAIN.note(size)))

    def test_one_of_another_history(self) -> None:
        other = Chain()
        for changes in CHANGES[::-1]:
            other.add_block(changes)
        assert other.frontier.size == SIZE
        with pytest.raises(ProofError):
            verify(replace(BUNDLE, checkpoint_note=other.note()))

    def test_one_of_another_chain(self) -> None:
        other = make_chain("other.example")
        with pytest.raises(ProofError) as error:
            verify(other.bundle(LAST))
        assert error.value.reason is Reason.UNTRUSTED_LOG

    def test_one_without_a_quorum(self) -> None:
        lines = BUNDLE.checkpoint_note.splitlines(keepends=True)
        with pytest.raises(ProofError) as error:
            verify(replace(BUNDLE, checkpoint_note="".join(lines[:-1])))
        assert error.value.reason is Reason.QUORUM_MISSING

    @pytest.mark.parametrize("note", ["", "\ud800", "x\n", "x" * 300_000])
    def test_none_at_all(self, note: str) -> None:
        with pytest.raises(CodecError):
            verify(replace(BUNDLE, checkpoint_note=note))


def edit(path: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    """Return the document of the bundle with the part at `path` changed."""
    document = json.loads(json.dumps(format_bundle(BUNDLE)))
    if not path:
        return change(document)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = change(parent[path[-1]])
    return document


def put(path: tuple[str | int, ...], value: Any) -> Any:
    """Return the document of the bundle with another value at `path`."""
    return edit(path, lambda _part: value)


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda found: {key: value for key, value in found.items() if key != name}


OBJECTS: list[tuple[str | int, ...]] = [(), ("entries", 1), ("values", 1)]
MEMBERS = [(path, name) for path in OBJECTS for name in edit(path, lambda part: part) if not path] + [
    (path, name)
    for path, names in {("entries", 1): ("index", "entry"), ("values", 1): ("key", "value", "depth")}.items()
    for name in names
]


class TestParsing:
    @pytest.mark.parametrize(("path", "name"), MEMBERS)
    def test_every_member_must_be_there(self, path: tuple[str | int, ...], name: str) -> None:
        with pytest.raises(CodecError):
            parse_bundle(edit(path, without(name)))

    @pytest.mark.parametrize("path", OBJECTS)
    def test_no_other_member_may_be_there(self, path: tuple[str | int, ...]) -> None:
        with pytest.raises(CodecError):
            parse_bundle(edit(path, lambda part: {**part, "extra": 1}))

    @pytest.mark.parametrize("path", [(*path, name) for path, name in MEMBERS] + OBJECTS)
    @pytest.mark.parametrize("value", [None, True, 1.5, -1, 2**63, "", "?", "AA", "\ud800", [], {}, [None], [[]]], ids=repr)
    def test_a_value_of_another_type_changes_the_meaning_or_is_refused(self, path: tuple[str | int, ...], value: Any) -> None:
        try:
            found = parse_bundle(put(path, value))
        except CodecError:
            return
        assert found != BUNDLE

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
                | st.fixed_dictionaries({"index": inner, "entry": inner})
                | st.fixed_dictionaries({"key": inner, "value": inner, "depth": inner, "leaf": inner})
            ),
            max_leaves=8,
        ),
        st.sampled_from(["", "checkpoint", "entries", "logProof", "values", "stateProof"]),
    )
    def test_any_json_is_a_bundle_or_a_codec_error(self, value: Any, name: str) -> None:
        with contextlib.suppress(CodecError):
            parse_bundle({**format_bundle(BUNDLE), name: value} if name else value)

    @pytest.mark.parametrize("index", [True, 1.0, "1", -1, 2**63, None])
    def test_an_index_is_a_position_in_a_log(self, index: Any) -> None:
        with pytest.raises(CodecError, match="position"):
            parse_bundle(put(("entries", 1, "index"), index))

    @pytest.mark.parametrize("depth", [True, 1.0, "1", -1, 257, None])
    def test_a_depth_is_one_of_the_state_tree(self, depth: Any) -> None:
        with pytest.raises(CodecError, match="depth"):
            parse_bundle(put(("values", 1, "depth"), depth))

    @pytest.mark.parametrize("name", ["logProof", "stateProof"])
    @pytest.mark.parametrize("length", [1, 31, 33, 63])
    def test_a_hash_has_32_bytes(self, name: str, length: int) -> None:
        with pytest.raises(CodecError, match="32 bytes"):
            parse_bundle(put((name,), format_base64(bytes(length))))

    @pytest.mark.parametrize("length", [0, 32, 63, 65, 96])
    def test_a_leaf_is_two_hashes(self, length: int) -> None:
        document = edit(("values", 0), lambda part: {**part, "leaf": format_base64(bytes(length))})
        with pytest.raises(CodecError):
            parse_bundle(document)

    def test_a_leaf_stands_beside_no_value(self) -> None:
        document = edit(("values", 1), lambda part: {**part, "leaf": format_base64(bytes(64))})
        with pytest.raises(CodecError, match="beside the leaf"):
            parse_bundle(document)

    def test_base64_is_canonical(self) -> None:
        entry = format_bundle(BUNDLE)["values"][0]["key"]
        assert entry.endswith("=")
        for text in (entry.rstrip("="), entry + "\n", entry + "=", "-" + entry[1:]):
            with pytest.raises(CodecError):
                parse_bundle(put(("values", 0, "key"), text))

    @pytest.mark.parametrize("name", ["entries", "values"])
    def test_items_are_ascending_and_each_is_there_once(self, name: str) -> None:
        for turn in (lambda part: part[::-1], lambda part: [*part, part[-1]], lambda part: [part[0], *part]):
            with pytest.raises(CodecError, match="ascending"):
                parse_bundle(edit((name,), turn))

    def test_the_last_position_of_the_largest_log(self) -> None:
        assert parse_bundle(put(("entries", 3, "index"), 2**63 - 1)).entries[3].index == 2**63 - 1

    def test_lengths_are_limited(self) -> None:
        assert (MAX_ITEMS, MAX_HASHES) == (4_096, 262_144)
        for path, length in [
            (("entries", 0, "entry"), 65_536),
            (("logProof",), 32 * (MAX_HASHES + 1)),
            (("stateProof",), 32 * (MAX_HASHES + 1)),
            (("values", 1, "value"), (1 << 20) + 1),
            (("values", 1, "key"), 65_536),
        ]:
            with pytest.raises(CodecError) as error:
                parse_bundle(put(path, format_base64(bytes(length))))
            assert error.value.reason is Reason.TOO_LARGE
        most = [{"index": number, "entry": ""} for number in range(MAX_ITEMS + 1)]
        with pytest.raises(CodecError):
            parse_bundle(put(("entries",), most))
        assert len(parse_bundle(put(("entries",), most[:-1])).entries) == MAX_ITEMS
        assert len(parse_bundle(put(("logProof",), format_base64(bytes(32 * MAX_HASHES)))).log_hashes) == MAX_HASHES

    def test_another_version_says_so_whatever_else_it_has(self) -> None:
        for version in ("version=1", "version=3"):
            other = MEDIA_TYPE.replace("version=2", version)
            for document in (put(("mediaType",), other), {"mediaType": other, "openings": {}}):
                with pytest.raises(CodecError) as error:
                    parse_bundle(document)
                assert error.value.reason is Reason.UNSUPPORTED_VERSION
        assert MEDIA_TYPE == "application/vnd.hourledger.bundle+json;version=2"

    def test_an_entry_of_a_bundle_may_be_of_any_type(self) -> None:
        chain = Chain()
        chain.append(b"not even an entry", OUTCOME.name.encode())
        chain.add_block({})
        assert verify(chain.bundle(0, 1, 2)).entries[EntryIndex(0)] == b"not even an entry"


STATE = {b"record/2": b"revoked", b"record/3": b"valid", b"record/4": b"", b"record/5": b"valid"}
PARTS: list[tuple[str | int, ...]] = [
    *[("entries", number, "entry") for number in range(4)],
    ("logProof",),
    ("stateProof",),
    *[("values", number, "key") for number in range(5)],
    *[("values", number, "leaf") for number in range(5) if BUNDLE.values[number].leaf],
    ("values", 1, "value"),
]


@settings(max_examples=choose(50, 200))
@given(st.sampled_from(PARTS), st.integers(min_value=0), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_the_bundle_still_says_what_is_so(path: tuple[str | int, ...], byte: int, bit: int) -> None:
    def flip(text: str) -> str:
        content = bytearray(parse_base64(text))
        content[byte % len(content)] ^= 1 << bit
        return format_base64(bytes(content))

    try:
        found = read(edit(path, flip))
    except HourledgerError:
        return
    # One proof of absence holds for every key whose path ends in the same empty place.
    assert path[0] == "values"
    assert path[2] == "key"
    assert found.values == {key: STATE.get(key) for key in found.values}
