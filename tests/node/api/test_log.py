"""Tiles as C2SP clients and what stands between them and a node see them."""

from ledger.merkle import compute_leaf_hash
from ledger.types import HASH_BYTES
from tests.node.running import RunningNode
from tests.node.story import Story


def test_tile_is_of_leaf_hashes_and_may_be_kept(node: RunningNode, story: Story) -> None:
    size = node.get("/v1/status").json()["log_size"]
    tile = node.get(f"/tile/0/000.p/{size}")
    assert tile.status == 200
    assert len(tile.body) == size * HASH_BYTES
    index = story.registration_entry
    entry = node.get(f"/v1/entries/{index}").body
    assert tile.body[index * HASH_BYTES :][:HASH_BYTES] == compute_leaf_hash(entry)
    assert tile.headers["Cache-Control"] == "public, max-age=604800, immutable"


def test_what_changes_is_not_to_be_kept(node: RunningNode) -> None:
    for path in ("/checkpoint", "/v1/status", "/tile/0/000", "/tile/0/000.p/255"):
        assert "Cache-Control" not in node.get(path).headers


def test_narrower_tile_is_the_beginning_of_a_wider_one(node: RunningNode) -> None:
    assert node.get("/tile/0/000.p/9").body.startswith(node.get("/tile/0/000.p/4").body)


def test_bundles_of_entries_are_not_public(node: RunningNode) -> None:
    answer = node.get("/tile/entries/000")
    assert (answer.status, answer.reason) == (403, "not_permitted")
