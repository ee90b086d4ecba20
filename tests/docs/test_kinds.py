"""The reference of kinds is the one that the code makes, and the tool that makes it sees what is there."""

from typing import Any

import pytest

from contracts.kinds import Kind
from contracts.parameters import PARAMETERS
from contracts.rulebook import EVENT_TYPES, KINDS, TABLES
from ledger import codec
from ledger.reasons import Reason
from tools import kinds
from tools.kinds import CANNOT_HAPPEN, DOCUMENT, Answers, Shape, describe_codec, find_answers, find_signers, format_kinds


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == format_kinds(), "run: make fix"


def test_the_page_has_everything_once() -> None:
    page = format_kinds()
    titles = [line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")]
    assert titles == [*KINDS, *EVENT_TYPES, *(namespace.decode() for namespace in TABLES)]
    assert all(page.count(f"| `{name}` |") == 1 for name in PARAMETERS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_rule_says_who_signs_and_emits_an_event(kind: Kind[Any]) -> None:
    assert find_signers(kind)
    answers = find_answers(kind)
    assert answers.events
    assert answers.whole
    assert not answers.whole & set(kinds.BEFORE_RULES)


def test_answers_of_one_kind() -> None:
    assert find_answers(KINDS["exchange.withdraw_offer"]) == Answers(
        frozenset({Reason.UNKNOWN_MERCHANT, Reason.NOT_PERMITTED, Reason.SUSPENDED, Reason.UNKNOWN_OFFER, Reason.OFFER_CLOSED}),
        frozenset(),
        frozenset({"exchange.offer_withdrawn"}),
    )


def test_what_is_found_for_a_row_is_told_apart() -> None:
    answers = find_answers(KINDS["hours.certify"])
    assert Reason.OVERLAP in answers.row
    assert Reason.BATCH_REFUSED in answers.whole
    assert not answers.row & answers.whole
    assert not find_answers(KINDS["hours.amend"]).row  # it has no rows: there the same finding refuses the whole


def test_exceptions_are_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "CANNOT_HAPPEN", frozenset())
    named = {(name, reason) for name, kind in KINDS.items() for reason in find_answers(kind).whole}
    assert named >= CANNOT_HAPPEN


def test_shapes_of_codecs() -> None:
    described: list[tuple[codec.Codec[Any], str]] = [
        (codec.text("x", 9), "text(1-9)"),
        (codec.integer("x", -1, 1), "int(-1 to 1)"),
        (codec.binary("x", 3, 3), "bytes(3)"),
        (codec.sequence(codec.day, 0, 2), "list(0-2) of day"),
        (codec.optional(codec.hash_), "hash or nil"),
    ]
    assert [describe_codec(item) for item, _text in described] == [Shape(text) for _item, text in described]
    with pytest.raises(TypeError):
        describe_codec(codec.Codec("x", lambda value: value, lambda wire: wire))
