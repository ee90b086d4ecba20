"""All cases, and the files that they are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.vectors.cards import list_cards
from tools.vectors.case import Case
from tools.vectors.certificates import list_certificates
from tools.vectors.codes import list_codes
from tools.vectors.counters import list_counters
from tools.vectors.evidence import list_evidence
from tools.vectors.history import list_history
from tools.vectors.kit import make_kit
from tools.vectors.listed import list_listed
from tools.vectors.lists import list_lists
from tools.vectors.pictures import list_pictures
from tools.vectors.register import list_register

FOLDER: Final = Path(__file__).parents[2] / "tests" / "vectors" / "verification"
_PAGE: Final = """# Cases for a verifier

{count} cases, a folder each, {negative} of them negative. Each has one input, whom to trust, when it is asked, and the right
answer with the reason for it. They are files and JSON, so any language can run them; the formats are in
[docs/formats](../../../docs/formats/). All keys are public: nothing here is worth anything. Made by `python -m tools.vectors`
with fixed keys and times.

## A case

`case.json` has

| member | meaning |
|---|---|
| `title`, `reason` | what the case is, and why its answer is right |
| `input` | the file to verify |
| `padding` | where it is there: before the file's bytes comes the byte `byte`, `count` times |
| `trust` | the trust files; all of them count, side by side |
| `at_time` | the time to judge by |
| `max_age_days` | where it is there: how many days old the evidence may be |
| `status` | where it is there: the file with a status, a bundle or a status list |
| `nonce`, `audience` | where they are there: what a card was to be shown for, and to whom |
| `merchant` | where it is there: whose counter it is |
| `kind` | what the input is; `unknown` where nothing can be made of it |
| `verdict` | `valid`, `invalid` or `undetermined` |
| `check`, `refusal` | the first check that fails, and its [reason](../../../docs/reasons.md); null where all hold |

A verifier that orders its checks otherwise may name another check and reason. It must never say `valid` where the verdict is
another one.

## The cases

| folder | what | verdict | why |
|---|---|---|---|
{rows}
"""


def list_cases() -> Iterator[Case]:
    """Yield every case."""
    kit = make_kit("certificate", "certificate.json")
    yield from list_certificates(kit)
    yield from list_evidence(kit)
    yield from list_history(kit)
    yield from list_register(kit)
    yield from list_listed(kit)
    yield from list_codes(kit.of("one_code", "code.txt"))
    yield from list_cards(kit.of("card", "card.txt"))
    yield from list_counters(kit.of("counter_card", "code.txt"))
    yield from list_lists(kit)
    yield from list_pictures(kit)


def make_files() -> dict[str, bytes]:
    """Return all files by their path in the folder of cases."""
    cases = list(list_cases())
    if len({case.name for case in cases}) != len(cases):
        raise ValueError("two cases have one name")
    files = {f"{case.name}/{name}": data for case in cases for name, data in case.format().items()}
    return {"README.md": format_page(cases).encode(), **files}


def format_page(cases: Sequence[Case]) -> str:
    """Return the page that lists the cases."""
    rows = [f"| {case.name} | {case.title} | {case.verdict} | {_describe(case)}{case.reason} |" for case in cases]
    negative = sum(case.verdict != "valid" for case in cases)
    return _PAGE.format(count=len(cases), negative=negative, rows="\n".join(rows))


def _describe(case: Case) -> str:
    return "" if case.check is None else f"`{case.check}`: `{case.refusal}`. "
