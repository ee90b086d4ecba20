"""Certificates as linked data, by filling in a form: they are a fixed template, and so is what they say in RDF.

The forms are not written down. Two certificates are made that differ in all that can differ; the texts and numbers in which
they do are the holes, and what the plain way (`certificates.rdfc`) makes of one of them is the form. A certificate that is not
of a form, or has something in a hole that linked data writes otherwise than JSON does, goes the plain way.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Final

from certificates.certificate import Issue, build_document
from certificates.dids import Method
from certificates.evidence import PREFIX
from certificates.gap import Gap
from certificates.jcs import JsonObject, JsonValue, encode_validated
from certificates.rdf import BLANK, NAME_PATTERN, convert_to_rdf, format_triples
from certificates.rdfc import CANONICAL, canonicalise, describe, list_about
from certificates.statement import Statement
from certificates.terms import CERTIFICATE, Vocabulary
from ledger.types import IDENTIFIER_BYTES, PUBLIC_KEY_BYTES, Day, Identifier, PublicKey, TimeMs

MAX_FORM_BYTES: Final = 65_536
"""Of a certificate without its evidence: far from what would be too large in linked data."""
_NAME: Final = b"(" + NAME_PATTERN.encode() + b")"
_TEXT: Final = rb'([^"\\\x00-\x1f\x7f]*)'
_NUMBER: Final = b"(-?[0-9]+)"
_FIRST_NUMBER: Final = 876_543_000
_HOLE: Final = re.compile(rb"did:hole:(?P<text>[0-9]+);|876543(?P<number>[0-9]{3})|%b(?P<blank>[0-9]+)" % BLANK)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines with holes: the pieces of the text, and for each hole its place among them and the number of what belongs there."""

    pieces: Sequence[bytes]
    holes: Sequence[tuple[int, int]]

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the lines in order and each once."""
        parts = list(self.pieces)
        for place, number in self.holes:
            parts[place] = values[number]
        lines = sorted(set(b"".join(parts).split(b"\n")))
        return b"\n".join(lines[1:]) + b"\n"  # the first one is what follows the last line: nothing


@dataclass(frozen=True, slots=True)
class Form:
    """What canonical JSON is of this form, what it says, and what is said about each blank node."""

    json: re.Pattern[bytes]
    statements: Lines
    about: Sequence[Lines]

    def write(self, written: bytes, hash_written: Callable[[bytes], bytes]) -> bytes | None:
        """Return the canonical N-Quads of canonical JSON, None for what is not of this form."""
        found = self.json.fullmatch(written)
        if found is None:
            return None
        values = found.groups()
        hashes = [hash_written(lines.fill(values)) for lines in self.about]
        ordered = sorted(set(hashes))
        if len(ordered) != len(hashes):
            return None
        return self.statements.fill((*values, *[b"%b%d" % (CANONICAL, ordered.index(item)) for item in hashes]))


def canonicalise_certificate(document: JsonObject, vocabulary: Vocabulary, gap: Gap | None = None) -> bytes:
    """Do the same as `canonicalise`, for a certificate of our template with a gap in a fraction of the time."""
    if gap is not None and vocabulary is CERTIFICATE:
        written = encode_validated(document)
        for form in list_forms(has_position="credentialStatus" in document) if len(written) <= MAX_FORM_BYTES else ():
            quads = form.write(written, gap.hash)
            if quads is not None:
                return quads
    return canonicalise(document, vocabulary, gap)


@cache
def list_forms(*, has_position: bool) -> tuple[Form, ...]:
    """Return the forms of certificates with or without a position in the status lists: an officer's, and a volunteer's own."""
    samples = [[_make_sample(number, by, has_position=has_position) for number in (1, 2)] for by in (False, True)]
    return tuple([_make_form(*pair) for pair in samples])


def _make_sample(number: int, by_volunteer: bool, *, has_position: bool) -> JsonObject:  # noqa: FBT001
    """Return a certificate with a gap that differs from that of another number in all that can differ."""
    organisation, volunteer = (Identifier(bytes([number, other]) * (IDENTIFIER_BYTES // 2)) for other in (1, 2))
    days = Day(number), Day(10 + number)
    statement = Statement(f"{number}.example", organisation, f"{number}", volunteer, number, 60 * number, *days)
    method = Method(PublicKey(bytes([number]) * PUBLIC_KEY_BYTES))
    position = 200_000 * number if has_position else None
    return build_document(statement, PREFIX, Issue(method, TimeMs(number), by_volunteer, position))


def _make_form(sample: JsonObject, other: JsonObject) -> Form:
    numbers = count()
    document = {name: _put_holes(sample[name], other[name], numbers) for name in sorted(sample)}
    said = convert_to_rdf({name: value for name, value in document.items() if name != "@context"}, CERTIFICATE)
    text, first_blank = format_triples(said.triples), next(numbers)
    about = list_about([said.triples[place] for place in said.about_blank])
    return Form(
        _make_pattern(encode_validated(document), text),
        _cut_out(text, first_blank),
        [
            _cut_out(describe(node, about[node]), first_blank)
            for node in sorted(about, key=lambda node: int(node.removeprefix(BLANK)))
        ],
    )


def _put_holes(value: JsonValue, other: JsonValue, numbers: Iterator[int]) -> JsonValue:
    """Return a value with a hole for each part in which another one differs; they are numbered as canonical JSON has them."""
    if isinstance(value, dict) and isinstance(other, dict):
        return {name: _put_holes(value[name], other[name], numbers) for name in sorted(value)}
    if isinstance(value, list) and isinstance(other, list):
        return [_put_holes(item, its_other, numbers) for item, its_other in zip(value, other, strict=True)]
    if value == other:
        return value
    return f"did:hole:{next(numbers)};" if isinstance(value, str) else _FIRST_NUMBER + next(numbers)


def _make_pattern(written: bytes, text: bytes) -> re.Pattern[bytes]:
    """Return what matches canonical JSON with anything fit in its holes; `text` shows which of them name a node."""

    def replace(found: re.Match[bytes]) -> bytes:
        if found["number"] is not None:
            return _NUMBER
        return _NAME if b"<%b>" % found[0] in text else _TEXT

    return re.compile(_HOLE.sub(replace, re.escape(written)))


def _cut_out(text: bytes, first_blank: int) -> Lines:
    """Return lines with holes where `text` has them, and after those a hole for each blank node."""
    pieces: list[bytes] = []
    holes: list[tuple[int, int]] = []
    end = 0
    for found in _HOLE.finditer(text):
        number = first_blank + int(found["blank"]) - 1 if found["blank"] else int(found["text"] or found["number"])
        pieces += (text[end : found.start()], b"")
        holes.append((len(pieces) - 1, number))
        end = found.end()
    return Lines((*pieces, text[end:]), tuple(holes))
