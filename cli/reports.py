"""Reports of a verification in words: a line for the verdict, what is stated, a line for each check, and what is left open."""

import os
from typing import Final

from certificates.jcs import JsonObject, JsonValue
from certificates.reports import ArtefactReport
from certificates.words import CHECKS, KINDS, NOTES, VERDICTS, Language, get_reason
from cli.found import say_in_chinese
from cli.output import make_one_line
from ledger.verification import Check, Verdict

_LANGUAGE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_MARKS: Final = {Verdict.VALID: "✓", Verdict.INVALID: "✗", Verdict.UNDETERMINED: "?"}


def find_language() -> Language:
    """Return Chinese where the machine is set to it, else English."""
    # As POSIX has it: the first of these that is set decides, whether or not the machine has data of that locale.
    name = next((value for variable in _LANGUAGE_VARIABLES if (value := os.environ.get(variable))), "")
    return "zh" if name.startswith("zh") else "en"


def describe_report(name: str, report: ArtefactReport, language: Language, indent: str = "") -> str:
    """Return the text of a report on what is called `name`."""
    lines = [f"{indent}{make_one_line(name)}: {VERDICTS[report.verdict].say(language)}"]
    if report.verdict is Verdict.VALID and report.statement is not None:
        lines.append(f"{indent}  {make_one_line(_describe_statement(report.statement, language))}")
    # What is in a file may be said in the detail of a check: it must not write an answer of its own on the screen.
    said = [(_MARKS[check.verdict], make_one_line(_describe_check(check, language))) for check in report.report.checks]
    lines += [f"{indent}  {mark} {text}" for mark, text in said]
    lines += [f"{indent}  - {NOTES[note].say(language)}" for note in report.notes]
    for number, part in enumerate(report.parts, start=1):
        title = f"{KINDS[part.kind].say(language)} {number}"
        lines.append(describe_report(title, part, language, f"{indent}  "))
    return "\n".join(lines)


def _describe_check(check: Check, language: Language) -> str:
    if language == "en":
        return f"{check.name}: {check.detail}"
    said = say_in_chinese(check.detail) if check.reason is None else f"{get_reason(check.reason).zh}（{check.detail}）"
    return f"{CHECKS[check.name].zh}：{said}"


def _describe_statement(statement: JsonObject, language: Language) -> str:
    """Return what is stated, in one line: of service in hours and minutes, of all else its members."""
    match statement:
        case {"minutes": int(minutes), "organisation_name": str(organisation), "first_day": first, "last_day": last, **rest}:
            records = rest.get("records")
            return _describe_service(minutes, records, f"{first}", f"{last}", organisation, language)
        case {"claims": dict(claims), "standing": standing, "hidden": hidden}:
            shown = ", ".join(f"{name} {_format_claim(value)}" for name, value in claims.items())
            return f"{shown or '-'} ({standing}; +{hidden})"
        case _:
            return ", ".join(f"{name} {value}" for name, value in statement.items() if isinstance(value, str | int))


def _format_claim(value: JsonValue) -> str:
    """Return a claim of a card: a training is two dates."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)


def _describe_service(minutes: int, records: JsonValue, first: str, last: str, organisation: str, language: Language) -> str:
    hours, rest = divmod(minutes, 60)
    if language == "zh":
        counted = "" if records is None else f"，共{records}条记录"
        return f"{organisation}，{first}至{last}{counted}，{hours}小时{rest}分钟"
    counted = f"from {first} to {last}" if records is None else f"in {records} records"
    return f"{hours} h {rest} min {counted}, {organisation}"
