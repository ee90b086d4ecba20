"""What fsck tells of stores with and without their old blocks."""

from cli.commands.fsck import _describe
from node.storage.fsck import FsckReport


def test_a_whole_store_follows_from_genesis() -> None:
    text = _describe(FsckReport(1_001, 5_000, 900, 70))
    assert text == ("The store is sound: 1,001 blocks, 5,000 entries, 900 transactions and 70 values follow from genesis.")


def test_what_could_not_be_checked_is_said() -> None:
    text = _describe(FsckReport(10, 5_000, 900, 70, 992))
    assert "10 blocks from 992 on" in text
    assert "not held" in text
    assert "not checked" in text
    assert "genesis" not in text
