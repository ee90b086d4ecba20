"""The list of reasons: complete, in words a person can use, and the same in the document."""

import pytest

from ledger.errors import CodecError, HourledgerError, ProofError, Rejection, SignatureError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from tools.reasons import DOCUMENT, format_reasons


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_reason_is_said_in_words(reason: Reason) -> None:
    explanation = EXPLANATIONS[reason]
    assert reason.value == reason.name.lower()
    for sentence in (explanation.meaning, explanation.next_step):
        assert sentence == sentence.strip().rstrip(".")
        assert len(sentence) > len("no such")
        assert "|" not in sentence  # it stands in a table
    assert explanation.exit_code is not ExitCode.OK


def test_document_is_the_one_made_from_the_list() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == format_reasons(), "run: make fix"


def test_document_has_a_row_for_every_reason() -> None:
    rows = [line for line in format_reasons().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [reason.value for reason in Reason]


def test_error_is_one_sentence_that_says_what_to_do_next() -> None:
    error = Rejection(Reason.OVERLAP, "record 2 overlaps a record of another organisation", "ab12")
    assert str(error) == "record 2 overlaps a record of another organisation (ab12): correct one of the two records."
    assert error.exit_code is ExitCode.REFUSED


def test_error_does_not_repeat_a_value_that_the_sentence_names() -> None:
    error = HourledgerError(Reason.NOT_FOUND, "no record ab12", "ab12")
    assert str(error).count("ab12") == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CodecError("x"), Reason.MALFORMED),
        (CodecError("x", Reason.TOO_LARGE), Reason.TOO_LARGE),
        (SignatureError("x"), Reason.INVALID_SIGNATURE),
        (ProofError("x"), Reason.INVALID_PROOF),
        (ProofError("x", Reason.STALE), Reason.STALE),
    ],
)
def test_typed_errors_carry_their_reason(error: HourledgerError, reason: Reason) -> None:
    assert error.reason is reason
    assert error.exit_code is EXPLANATIONS[reason].exit_code
