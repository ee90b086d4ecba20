"""Write docs/reasons.md, the list of everything for which input is refused: `python -m tools.reasons`."""

from pathlib import Path

from ledger.reasons import EXPLANATIONS, ExitCode, Reason

DOCUMENT = Path(__file__).parents[1] / "docs" / "reasons.md"

HEAD = """# Reasons

Everything for which hourledger refuses anything, in order of precedence: when several reasons apply to one input, the answer
is the one that stands first here, so every bad input has exactly one right answer. The name in the first column is what
`--json`, the API and the ledger itself carry; the rest is for people.

Made from `ledger/reasons.py` by `make fix`; do not edit.

| reason | what it means | what to do next | exit code |
|---|---|---|---|
"""


def format_reasons() -> str:
    """The whole document as Markdown."""
    return HEAD + "".join(_row(reason) for reason in Reason) + "\n" + _exit_codes()


def _row(reason: Reason) -> str:
    explanation = EXPLANATIONS[reason]
    return f"| `{reason}` | {explanation.meaning} | {explanation.next_step} | {explanation.exit_code:d} |\n"


def _exit_codes() -> str:
    codes = ", ".join(f"{code:d} {code.name.lower()}" for code in ExitCode)
    return f"Exit codes: {codes}.\n"


if __name__ == "__main__":
    DOCUMENT.write_text(format_reasons(), encoding="utf-8")
