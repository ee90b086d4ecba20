"""One proof for several values of the state: as good as a proof for each, and in one form only."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger import state_tree
from ledger.crypto import sha256
from ledger.errors import ProofError
from ledger.state_proof import StateItem, build_item, join_proofs, verify_items, verify_ordered_plainly
from ledger.types import Hash
from tests.effort import choose

KEYS = [b"key %d" % number for number in range(40)]
PRESENT = KEYS[:20]
LEAVES: dict[Hash, Hash] = {sha256(key): sha256(b"value of " + key) for key in PRESENT}
TREE = state_tree.update(lambda _path: None, dict(LEAVES))
PAGES = {path: page for path, page in TREE.pages.items() if page}


def prove(keys: set[bytes]) -> tuple[list[StateItem], tuple[Hash, ...]]:
    """What is shown of some keys, and their one proof, made from a plain proof for each."""
    proofs = {sha256(key): state_tree.prove(PAGES.get, sha256(key)) for key in keys}
    return [build_item(key_hash, proof) for key_hash, proof in proofs.items()], join_proofs(proofs)


sets_of_keys = st.sets(st.sampled_from(KEYS), min_size=1)


@given(sets_of_keys)
def test_it_holds_and_says_what_the_plain_proofs_say(keys: set[bytes]) -> None:
    items, hashes = prove(keys)
    verify_items(items, hashes, TREE.root)
    assert {item.key_hash: item.value_hash for item in items} == {sha256(key): LEAVES.get(sha256(key)) for key in keys}
    plain = [state_tree.prove(PAGES.get, sha256(key)).siblings for key in keys]
    assert len(hashes) <= sum(map(len, plain))
    assert set(hashes) <= {item for siblings in plain for item in siblings}


@given(st.sets(st.sampled_from(PRESENT), min_size=1), st.sampled_from(KEYS))
def test_what_is_good_and_parts_needs_no_plain_way(keys: set[bytes], other: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.state_proof.verify_ordered_plainly", lambda *_: pytest.fail("the plain way"))
        for chosen in (keys, {other}):
            items, hashes = prove(chosen)
            verify_items(items, hashes, TREE.root)


def tell(verify: Callable[..., None], items: list[StateItem], hashes: list[Hash], root: Hash) -> str:
    """What is wrong with a proof, in words."""
    try:
        verify(sorted(items, key=lambda item: item.key_hash), hashes, root)
    except ProofError as error:
        return str(error)
    return "good"


@settings(max_examples=choose(75, 300))
@given(sets_of_keys, st.data())
def test_both_ways_say_the_same(keys: set[bytes], data: st.DataObject) -> None:
    items, proof = prove(keys)
    hashes, root = list(proof), TREE.root
    for _ in range(data.draw(st.integers(0, 2))):
        at, odd = (
            data.draw(st.integers(0, 40)),
            data.draw(st.sampled_from([*LEAVES, *LEAVES.values(), Hash(b""), Hash(bytes(33))])),
        )
        what = data.draw(st.sampled_from(["add", "drop", "put", "twice", "value", "leaf", "depth", "key", "root"]))
        item = items[at % len(items)]
        changed = {
            "value": replace(item, value_hash=data.draw(st.sampled_from([None, odd]))),
            "leaf": replace(item, leaf=(odd, odd), value_hash=data.draw(st.sampled_from([None, item.value_hash]))),
            "depth": replace(item, depth=data.draw(st.integers(-1, 8) | st.just(257))),
            "key": replace(item, key_hash=odd),
        }
        if what == "add":
            hashes.insert(at % (len(hashes) + 1), odd)
        elif what in {"drop", "put"} and hashes:
            hashes[at % len(hashes) : at % len(hashes) + 1] = [] if what == "drop" else [odd]
        elif what == "twice":
            items = [*items, item]
        elif what == "root":
            root = odd
        elif what in changed:
            items[at % len(items)] = changed[what]
    assert tell(verify_items, items, hashes, root) == tell(verify_ordered_plainly, items, hashes, root)


@given(st.dictionaries(st.binary(max_size=2), st.binary(max_size=2), max_size=12), st.sets(st.binary(max_size=2)))
def test_any_tree(values: dict[bytes, bytes], keys: set[bytes]) -> None:
    leaves: dict[Hash, Hash | None] = {sha256(key): sha256(value) for key, value in values.items()}
    tree = state_tree.update(lambda _path: None, leaves)
    proofs = {sha256(key): state_tree.prove(tree.pages.get, sha256(key)) for key in keys | values.keys()}
    items = [build_item(key_hash, proof) for key_hash, proof in proofs.items()]
    verify_items(items, join_proofs(proofs), tree.root)


@given(sets_of_keys)
def test_all_keys_of_the_tree_need_no_leaf(keys: set[bytes]) -> None:
    _items, hashes = prove(set(PRESENT) | keys)
    placeholder = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"
    assert set(hashes) <= {placeholder}


@settings(max_examples=choose(50, 200))
@given(sets_of_keys, st.data())
def test_no_other_hashes_lead_there(keys: set[bytes], data: st.DataObject) -> None:
    items, hashes = prove(keys)
    forged = list(hashes)
    change = data.draw(st.sampled_from(["surplus", *(["missing", "flipped", "swapped"] if hashes else [])]))
    at = data.draw(st.integers(0, max(len(hashes) - 1, 0)))
    if change == "surplus":
        forged.insert(at, data.draw(st.sampled_from([*hashes, TREE.root])))
    elif change == "missing":
        del forged[at]
    elif change == "flipped":
        bit = data.draw(st.integers(0, 255))
        forged[at] = Hash((int.from_bytes(forged[at], "big") ^ 1 << bit).to_bytes(32, "big"))
    else:
        other = data.draw(st.integers(0, len(hashes) - 1))
        forged[at], forged[other] = forged[other], forged[at]
    if tuple(forged) != hashes:
        with pytest.raises(ProofError):
            verify_items(items, forged, TREE.root)


OTHER = sha256(b"another")


@settings(max_examples=choose(75, 300))
@given(sets_of_keys, st.data())
def test_nothing_else_is_shown(keys: set[bytes], data: st.DataObject) -> None:
    items, hashes = prove(keys)
    at = data.draw(st.integers(0, len(items) - 1))
    item = items[at]
    other_value = data.draw(st.sampled_from([None, OTHER, *LEAVES.values()]))
    other_leaf = data.draw(st.sampled_from([None, (OTHER, OTHER), *LEAVES.items()]))
    changes: list[StateItem] = [
        replace(item, depth=data.draw(st.integers(-1, 257))),
        replace(item, value_hash=other_value),
        replace(item, leaf=other_leaf),
        replace(item, value_hash=other_value, leaf=other_leaf),
    ]
    for changed in changes:
        if changed != item:
            with pytest.raises(ProofError):
                verify_items([*items[:at], changed, *items[at + 1 :]], hashes, TREE.root)


def find_place(item: StateItem) -> tuple[int, int, tuple[Hash, Hash] | None]:
    """Where an item's path ends, as the bits that lead there, and what stands there."""
    return item.depth, int.from_bytes(item.key_hash, "big") >> (256 - item.depth), item.get_place()


@given(sets_of_keys, sets_of_keys)
@example({b"key 0", b"key 16", b"key 1", b"key 15", b"key 22"}, {b"key 0", b"key 1", b"key 16", b"key 23", b"key 32"})
def test_no_other_keys_are_shown(keys: set[bytes], others: set[bytes]) -> None:
    items, hashes = prove(keys)
    other_items, _ = prove(others)
    # Keys that are absent from one and the same place have one and the same proof.
    if set(map(find_place, other_items)) - set(map(find_place, items)):
        with pytest.raises(ProofError):
            verify_items(other_items, hashes, TREE.root)


def test_one_key_twice() -> None:
    items, hashes = prove({KEYS[0]})
    with pytest.raises(ProofError, match="twice"):
        verify_items([*items, *items], hashes, TREE.root)


def test_absent_keys_beside_one_leaf_share_its_place() -> None:
    leaf = (sha256(b"a"), sha256(b"1"))
    tree = state_tree.update(lambda _path: None, dict([leaf]))
    proofs = {sha256(key): state_tree.prove(tree.pages.get, sha256(key)) for key in (b"a", b"b", b"c")}
    items = [build_item(key_hash, proof) for key_hash, proof in proofs.items()]
    assert join_proofs(proofs) == ()
    assert {item.depth for item in items} == {0}
    verify_items(items, (), tree.root)
    lonely = [replace(item, leaf=None) if item.value_hash is None else item for item in items]
    with pytest.raises(ProofError, match="two things"):
        verify_items(lonely, (), tree.root)


@given(sets_of_keys, st.data())
def test_what_is_there_cannot_be_shown_as_absent_by_its_own_leaf(keys: set[bytes], data: st.DataObject) -> None:
    items, hashes = prove(keys | {PRESENT[0]})
    at = data.draw(st.sampled_from([at for at, item in enumerate(items) if item.value_hash is not None]))
    item = items[at]
    denied = StateItem(item.key_hash, None, item.depth, item.get_place())
    with pytest.raises(ProofError, match="is present"):
        verify_items([*items[:at], denied, *items[at + 1 :]], hashes, TREE.root)


def test_a_leaf_that_cannot_stand_there() -> None:
    absent = next(item for item in prove(set(KEYS))[0] if item.value_hash is None and item.leaf is not None)
    (item,), hashes = [absent], join_proofs({absent.key_hash: state_tree.prove(PAGES.get, absent.key_hash)})
    verify_items([item], hashes, TREE.root)
    stray = next(pair for pair in LEAVES.items() if pair[0][0] >> 7 != absent.key_hash[0] >> 7)
    with pytest.raises(ProofError, match="would not be"):
        verify_items([replace(item, leaf=stray)], hashes, TREE.root)


def test_nothing_is_proven_by_nothing() -> None:
    assert join_proofs({}) == ()
    verify_items([], (), TREE.root)
    with pytest.raises(ProofError, match="must be empty"):
        verify_items([], (TREE.root,), TREE.root)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length(length: int) -> None:
    items, hashes = prove({KEYS[0]})
    with pytest.raises(ProofError, match="32 bytes"):
        verify_items(items, (*hashes[:-1], Hash(bytes(length))), TREE.root)
    with pytest.raises(ProofError, match="32 bytes"):
        verify_items([replace(items[0], value_hash=Hash(bytes(length)))], hashes, TREE.root)
