import ast
import re
from pathlib import Path

import pytest

from certificates import words
from certificates.words import CHECKS, KINDS, NOTES, REASONS, VERDICTS, Text, list_words
from ledger.reasons import Reason
from ledger.verification import Verdict

SOURCES = Path(words.__file__).parents[1]
CHINESE = re.compile("[\u4e00-\u9fff]")


def find_check_names() -> dict[str, str]:
    """Names of checks in the source, and a place of each: the first argument of `attempt`, `Check` and `describe_failure`."""
    names: dict[str, str] = {}
    for path in sorted([*SOURCES.glob("certificates/*.py"), *SOURCES.glob("node/scanning/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"attempt", "Check", "describe_failure"}:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    names[str(first.value)] = f"{path.name}:{node.lineno}"
    return names


def test_every_check_has_a_title_in_both_languages() -> None:
    made = find_check_names()
    assert {"format", "checkpoint", "register"} <= made.keys()
    assert made.keys() - CHECKS.keys() == set(), "certificates/words.py lacks titles"
    assert CHECKS.keys() - made.keys() == set(), "certificates/words.py has titles of checks that nothing makes"


def test_every_reason_is_said_in_chinese_in_the_order_of_precedence() -> None:
    assert list(REASONS) == list(Reason), "certificates/words.py and ledger/reasons.py differ"


def test_every_verdict_has_a_word() -> None:
    assert set(VERDICTS) == set(Verdict)


@pytest.mark.parametrize("text", [*KINDS.values(), *VERDICTS.values(), *CHECKS.values(), *NOTES.values()])
def test_both_languages_are_what_they_say(text: Text) -> None:
    assert text.en.isascii()
    assert CHINESE.search(text.zh)


def test_sentences_of_reasons_are_chinese_and_end() -> None:
    for sentence in REASONS.values():
        assert CHINESE.search(sentence)
        assert sentence.endswith("。")
        assert "\uff1a" in sentence, f"{sentence} does not say what to do next"


def test_table_is_json_for_pages() -> None:
    table = list_words()
    assert table["verdicts"] == {
        "valid": {"en": "valid", "zh": "有效"},
        "invalid": {"en": "invalid", "zh": "无效"},
        "undetermined": {"en": "undetermined", "zh": "无法判定"},
    }
    reasons = table["reasons"]
    assert isinstance(reasons, dict)
    assert reasons.keys() == {reason.value for reason in Reason}
