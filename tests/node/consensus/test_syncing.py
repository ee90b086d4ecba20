"""Whom a node that is behind asks: who has the block, another after one that was asked in vain, and in the end its operator."""

from ledger.types import Height
from node.consensus.syncing import FORGET_MS, PATIENCE_MS, Sources

WANTED = Height(7)
PEERS = ("a", "b", "c")


def make_sources(**heights: int) -> Sources:
    sources = Sources()
    for peer, height in heights.items():
        sources.note_height(peer, Height(height))
    return sources


def test_who_has_the_block_is_asked_first_of_all_who_just_spoke() -> None:
    assert make_sources(a=7, b=9, c=7).choose("c", WANTED, PEERS, 0) == "c"
    assert make_sources(a=6, b=9).choose("a", WANTED, PEERS, 0) == "b"
    assert make_sources(a=6, b=6).choose("a", WANTED, PEERS, 0) is None
    assert make_sources(a=6, b=9).choose("b", WANTED, ("a", "c"), 0) is None, "it is not connected"


def test_a_peer_has_time_to_answer() -> None:
    sources = make_sources(a=7, b=7)
    assert sources.choose("a", WANTED, PEERS, 0) == "a"
    assert sources.choose("b", WANTED, PEERS, PATIENCE_MS - 1) is None
    assert sources.choose("b", Height(6), PEERS, 1) == "b", "another height is another question"


def test_after_silence_the_others_are_asked_in_turn_whoever_speaks_first() -> None:
    sources = make_sources(a=7, b=7, c=7)
    assert [sources.choose("a", WANTED, PEERS, number * PATIENCE_MS) for number in range(5)] == ["a", "b", "c", "a", "b"]


def test_who_gave_the_block_up_is_not_asked_and_another_is_at_once() -> None:
    sources = make_sources(a=9, b=9, c=9)
    assert sources.choose("a", WANTED, PEERS, 0) == "a"
    sources.note_lowest("a", Height(8), 1)
    assert sources.choose("a", WANTED, PEERS, 1) == "b"
    sources.note_lowest("c", Height(9), 2)
    assert sources.choose("c", WANTED, PEERS, 3) is None, "b has time to answer"
    assert sources.choose("a", WANTED, PEERS, 1 + PATIENCE_MS) == "b", "there is nobody else"
    assert sources.choose("a", Height(8), PEERS, 1) == "a", "what it does hold, it is asked for"


def test_a_word_about_other_blocks_does_not_hurry_anybody() -> None:
    sources = make_sources(a=9, b=9)
    assert sources.choose("a", WANTED, PEERS, 0) == "a"
    sources.note_lowest("a", WANTED, 1)
    sources.note_lowest("b", Height(8), 1)
    assert sources.choose("a", WANTED, PEERS, 2) is None


def test_it_is_asked_again_after_a_while_since_it_may_hold_more_now() -> None:
    sources = make_sources(a=9)
    sources.choose("a", WANTED, PEERS, 0)
    sources.note_lowest("a", Height(9), 1)
    assert sources.choose("a", WANTED, PEERS, FORGET_MS) is None
    assert sources.choose("a", WANTED, PEERS, FORGET_MS + 1) == "a"


def test_that_nobody_has_the_block_is_found_once() -> None:
    sources = make_sources(a=9, b=9, c=6)
    sources.note_lowest("a", Height(9), 0)
    assert sources.find_lack(WANTED, PEERS, 0) is None, "b may have it"
    sources.note_lowest("b", Height(8), 0)
    assert sources.find_lack(WANTED, (), 0) is None, "nobody is there to have had it"
    assert sources.find_lack(WANTED, PEERS, 0) == 8
    assert sources.find_lack(WANTED, PEERS, 0) is None
    assert sources.find_lack(Height(8), PEERS, 0) is None, "b holds that one"
