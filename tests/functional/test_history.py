"""The checker of histories: it lets good ones pass and names what is wrong with bad ones."""

from dataclasses import replace

import pytest

from tests.functional.history import Final, History, Kind, Operation, Standing, Unknown, find_problems

FIRST, SECOND = Final(1, 4, True), Final(2, 8, True)
GOOD = (
    Operation("c1", "n1", Kind.SUBMIT, "t1", 1, 4, FIRST),
    Operation("c2", "n2", Kind.ASK, "t1", 2, 3, Unknown.NOT_FINAL),
    Operation("c2", "n2", Kind.SUBMIT, "t2", 5, 6, Unknown.NO_ANSWER),
    Operation("c2", "n2", Kind.SUBMIT, "t2", 7, 12, SECOND),
    Operation("c1", "n1", Kind.LOOK, "", 8, 9, Standing(1, 5, "aa", 1)),
    Operation("c1", "n1", Kind.LOOK, "", 10, 11, Standing(2, 9, "bb", 0)),
    Operation("c2", "n2", Kind.LOOK, "", 13, 14, Standing(2, 9, "bb", 0)),
    Operation("c1", "n1", Kind.ASK, "t2", 15, 16, SECOND),
)
STORE = ((), ("t1",), ("t2",))
HISTORY = History(GOOD, {"n1": STORE, "n2": STORE}, ((13, 20),))


def change(number: int, **changes: object) -> History:
    """The good history with one operation changed."""
    operations = list(GOOD)
    operations[number] = replace(operations[number], **changes)  # type: ignore[arg-type]
    return replace(HISTORY, operations=tuple(operations))


def add(*operations: Operation) -> History:
    return replace(HISTORY, operations=(*GOOD, *operations))


def hold(**blocks: tuple[tuple[str, ...], ...]) -> History:
    """The good history with other stores."""
    return replace(HISTORY, blocks={**HISTORY.blocks, **blocks})


def test_good_history() -> None:
    assert find_problems(HISTORY) == ()


def test_reads_that_overlap_come_in_any_order() -> None:
    assert find_problems(change(4, completed=12)) == ()


BAD = {
    "an acknowledged transaction is lost": (hold(n2=((), ("t1",), ())), "n2 has lost t2"),
    "the last block is lost": (hold(n1=STORE[:2], n2=STORE[:2]), "n1 has lost t2"),
    "it is at another height than was said": (hold(n2=((), (), ("t1", "t2"))), "n2 has lost t1"),
    "a transaction is final twice": (hold(n1=((), ("t1",), ("t2", "t1"))), "n1 has t1 2 times"),
    "a transaction is final at two entries": (change(7, answer=replace(SECOND, entry_index=9)), "t2 has several outcomes"),
    "two nodes tell two outcomes": (change(7, answer=replace(SECOND, is_accepted=False)), "t2 has several outcomes"),
    "two transactions have one entry": (change(0, answer=replace(FIRST, entry_index=8)), "entry 8 is the outcome of several"),
    "a height goes back": (change(5, answer=Standing(0, 9, "bb", 0)), "n1 went back"),
    "a log gets shorter": (change(5, answer=Standing(2, 4, "bb", 0)), "n1 went back"),
    "a node stands below an outcome that it has told": (change(6, answer=Standing(1, 5, "aa", 0)), "n2 went back"),
    "an outcome is forgotten": (
        add(Operation("c1", "n1", Kind.ASK, "t1", 17, 18, Unknown.NOT_FINAL)),
        "n1 has forgotten that t1",
    ),
    "two blocks at a height": (change(6, answer=Standing(2, 9, "cc", 0)), "height 2 is several blocks"),
    "two logs at a height": (change(6, answer=Standing(2, 10, "bb", 0)), "height 2 is several blocks"),
    "the log does not grow with the height": (change(4, answer=Standing(1, 9, "aa", 1)), "the log shrinks"),
    "stores differ where nobody has looked": (hold(n2=(*STORE, ("t3",))), "the stores are not equal"),
    "something is final without a quorum": (
        replace(
            add(Operation("c1", "n1", Kind.SUBMIT, "t3", 17, 18, Final(3, 12, True))),
            blocks={"n1": (*STORE, ("t3",)), "n2": (*STORE, ("t3",))},
        ),
        "t3 became final at n1 without a quorum",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_history_is_caught(name: str) -> None:
    history, problem = BAD[name]
    assert any(item.startswith(problem) for item in find_problems(history)), find_problems(history)


def test_what_was_sent_before_the_quorum_went_may_be_final_without_it() -> None:
    """Votes that were on their way still count."""
    late = Operation("c1", "n1", Kind.SUBMIT, "t2", 17, 18, SECOND)
    assert find_problems(add(late)) == ()
