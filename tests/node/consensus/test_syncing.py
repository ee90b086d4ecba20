"""Whom a node that is behind asks: who has the block, another after one that was asked in vain, and in the end its operator."""

from collections.abc import Sequence

from ledger.types import Height
from node.consensus.syncing import AHEAD, FORGET_MS, PATIENCE_MS, Question, Sources

WANTED = Height(7)
PEERS = ("a", "b", "c")


def make_sources(**heights: int) -> Sources:
    sources = Sources()
    for peer, height in heights.items():
        sources.note_height(peer, Height(height))
    return sources


def choose(sources: Sources, speaker: str, wanted: Height, connected: Sequence[str], now_ms: int) -> str | None:
    question = sources.choose(speaker, wanted, connected, now_ms)
    return None if question is None else question.peer


def test_who_has_the_block_is_asked_first_of_all_who_just_spoke() -> None:
    assert choose(make_sources(a=7, b=9, c=7), "c", WANTED, PEERS, 0) == "c"
    assert choose(make_sources(a=6, b=9), "a", WANTED, PEERS, 0) == "b"
    assert choose(make_sources(a=6, b=6), "a", WANTED, PEERS, 0) is None
    assert choose(make_sources(a=6, b=9), "b", WANTED, ("a", "c"), 0) is None, "it is not connected"


def test_a_peer_has_time_to_answer() -> None:
    sources = make_sources(a=7, b=7)
    assert choose(sources, "a", WANTED, PEERS, 0) == "a"
    assert choose(sources, "b", WANTED, PEERS, PATIENCE_MS - 1) is None
    assert choose(sources, "b", Height(6), PEERS, 1) == "b", "another height is another question"


def test_after_silence_the_others_are_asked_in_turn_whoever_speaks_first() -> None:
    sources = make_sources(a=7, b=7, c=7)
    assert [choose(sources, "a", WANTED, PEERS, number * PATIENCE_MS) for number in range(5)] == ["a", "b", "c", "a", "b"]


def test_who_gave_the_block_up_is_not_asked_and_another_is_at_once() -> None:
    sources = make_sources(a=9, b=9, c=9)
    assert choose(sources, "a", WANTED, PEERS, 0) == "a"
    sources.note_lowest("a", Height(8), 1)
    assert choose(sources, "a", WANTED, PEERS, 1) == "b"
    sources.note_lowest("c", Height(9), 2)
    assert choose(sources, "c", WANTED, PEERS, 3) is None, "b has time to answer"
    assert choose(sources, "a", WANTED, PEERS, 1 + PATIENCE_MS) == "b", "there is nobody else"


def test_what_a_peer_still_holds_it_is_asked_for() -> None:
    sources = make_sources(a=9)
    sources.note_lowest("a", Height(8), 0)
    assert choose(sources, "a", WANTED, PEERS, 1) is None
    assert choose(sources, "a", Height(8), PEERS, 1) == "a"


def test_a_word_about_other_blocks_does_not_hurry_anybody() -> None:
    sources = make_sources(a=9, b=9)
    assert choose(sources, "a", WANTED, PEERS, 0) == "a"
    sources.note_lowest("a", WANTED, 1)
    sources.note_lowest("b", Height(8), 1)
    assert choose(sources, "a", WANTED, PEERS, 2) is None


def test_it_is_asked_again_after_a_while_since_it_may_hold_more_now() -> None:
    sources = make_sources(a=9)
    choose(sources, "a", WANTED, PEERS, 0)
    sources.note_lowest("a", Height(9), 1)
    assert choose(sources, "a", WANTED, PEERS, FORGET_MS) is None
    assert choose(sources, "a", WANTED, PEERS, FORGET_MS + 1) == "a"


def test_that_nobody_has_the_block_is_found_once() -> None:
    sources = make_sources(a=9, b=9, c=6)
    sources.note_lowest("a", Height(9), 0)
    assert sources.find_lack(WANTED, PEERS, 0) is None, "b may have it"
    sources.note_lowest("b", Height(8), 0)
    assert sources.find_lack(WANTED, (), 0) is None, "nobody is there to have had it"
    assert sources.find_lack(WANTED, PEERS, 0) == 8
    assert sources.find_lack(WANTED, PEERS, 0) is None
    assert sources.find_lack(Height(8), PEERS, 0) is None, "b holds that one"


def heights(start: int, stop: int) -> tuple[Height, ...]:
    return tuple(map(Height, range(start, stop)))


def test_who_has_sent_one_is_asked_for_several_and_one_more_for_each_that_has_come() -> None:
    sources = make_sources(a=100, b=100)
    assert sources.choose("a", WANTED, PEERS, 0) == Question("a", (WANTED,))
    assert sources.choose("b", WANTED, PEERS, 1) is None
    assert sources.choose("b", Height(8), PEERS, 2) == Question("a", heights(8, 8 + AHEAD))
    for number in range(2, 20):
        # Whoever speaks meanwhile, who sends goes on being asked, and has its time from the last block on.
        now = (number - 1) * (PATIENCE_MS - 1)
        question = sources.choose("b", Height(WANTED + number), PEERS, now)
        assert question == Question("a", heights(6 + number + AHEAD, 7 + number + AHEAD))
        assert sources.choose("b", Height(WANTED + number), PEERS, now + PATIENCE_MS - 1) is None


def test_no_block_is_asked_for_that_the_peer_does_not_have() -> None:
    sources = make_sources(a=9, b=9)
    assert sources.choose("a", WANTED, PEERS, 0) == Question("a", (WANTED,))
    assert sources.choose("b", Height(8), PEERS, 1) == Question("a", heights(8, 10))
    assert sources.choose("b", Height(9), PEERS, 2) is None, "it is on its way"
    sources.note_height("b", Height(10))
    assert sources.choose("b", Height(10), PEERS, 3) == Question("b", (Height(10),))


def test_after_silence_in_the_middle_another_is_asked() -> None:
    sources = make_sources(a=100, b=100)
    sources.choose("a", WANTED, PEERS, 0)
    sources.choose("a", Height(8), PEERS, 1)
    assert sources.choose("a", Height(8), PEERS, 1 + PATIENCE_MS) == Question("b", (Height(8),))
    assert sources.choose("a", Height(9), PEERS, 2 + PATIENCE_MS) == Question("b", heights(9, 9 + AHEAD))


def test_who_is_gone_or_gave_up_a_block_in_the_middle_is_asked_no_more() -> None:
    for is_gone in (True, False):
        sources = make_sources(a=100, b=100)
        sources.choose("a", WANTED, PEERS, 0)
        sources.choose("a", Height(8), PEERS, 1)
        if not is_gone:
            sources.note_lowest("a", Height(50), 2)
        assert sources.choose("a", Height(9), ("b",) if is_gone else PEERS, 2) == Question("b", (Height(9),))
