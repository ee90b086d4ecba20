"""Our documents as RDF: JSON-LD to triples, by a vocabulary that is written down instead of contexts.

What comes out is what the JSON-LD 1.1 algorithms (https://www.w3.org/TR/json-ld11-api/, expansion and conversion to RDF) make
of the same document with the published contexts. Whatever is not in the vocabulary is refused: with contexts it would silently
be left out, and so not be signed. All statements are in the default graph.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from certificates.gap import Gap
from certificates.jcs import MAX_JSON_DEPTH, JsonObject, JsonValue
from certificates.terms import XSD, Term, Vocabulary
from ledger.errors import CodecError

Triple: TypeAlias = tuple[bytes, bytes, bytes]
"""Subject, predicate and object as N-Quads write them, in UTF-8; a blank node is `_:b` and a number."""

BLANK: Final = b"_:b"
_KEYWORDS: Final = frozenset({"id", "type"})
MAX_TRIPLES: Final = 10_000
MAX_BYTES: Final = 64 << 20
"""Of all triples. The evidence of the largest certificate is in four of them; a name of its length in thousands would fill a
machine's memory."""
RDF_TYPE: Final = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_SCHEMES: Final = ("https:", "http:", "did:", "urn:", "data:")
"""Names of nodes. None of these schemes is a term of the contexts, which would stand for something else."""
_REFUSED: Final = r"\x00-\x20<>\"{}|^`\\"
NAME_PATTERN: Final = rf"(?:{'|'.join(_SCHEMES)})[^{_REFUSED}]+"
_NAME: Final = re.compile(NAME_PATTERN)
_ALLOWED: Final = bytes(byte for byte in range(0x80) if not re.match(f"[{_REFUSED}]", chr(byte)))
_LONG: Final = 256
_ESCAPED: Final = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ESCAPES: Final = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


@dataclass(slots=True)
class Statements:
    """What a document says; what it says twice is there twice. `about_blank` are the places of those with a blank node."""

    triples: list[Triple] = field(default_factory=list)
    about_blank: list[int] = field(default_factory=list)


def convert_to_rdf(document: JsonObject, vocabulary: Vocabulary, gap: Gap | None = None) -> Statements:
    """Return what a document without `@context` says; raise `CodecError` for what the vocabulary does not have.

    What is missing at a gap counts as if it were there.
    """
    conversion = _Conversion(vocabulary, gap)
    conversion.add_node(document, MAX_JSON_DEPTH)
    return conversion.said


@dataclass(slots=True)
class _Conversion:
    vocabulary: Vocabulary
    gap: Gap | None
    said: Statements = field(default_factory=Statements)
    blank_nodes: int = 0
    bytes_left: int = MAX_BYTES

    def add_node(self, node: JsonObject, levels_left: int) -> bytes:
        """Add what a node and all below it say, and return its name."""
        if levels_left <= 0:
            raise CodecError("a document too deep to be read as linked data")
        subject, is_blank = self._name_node(node), "id" not in node
        size = self._measure(subject)
        triples, about_blank = self.said.triples, self.said.about_blank
        terms = self._add_types(subject, size, node.get("type", []), is_blank=is_blank)
        for name, value in node.items():
            if name in _KEYWORDS:
                continue
            term = terms.get(name)
            if term is None:
                raise CodecError("a document with a member that is not known here")
            predicate = term.written
            for item in value if type(value) is list else (value,):
                if type(item) is dict:
                    said = self.add_node(item, levels_left - 1)
                    is_about_blank = is_blank or said.startswith(BLANK)
                    more = self._measure(said)
                else:
                    said = _format_value(item, term)
                    is_about_blank, more = is_blank, len(said)
                self.bytes_left -= size + len(predicate) + more
                if len(triples) >= MAX_TRIPLES or self.bytes_left < 0:
                    raise _too_large()
                if is_about_blank:
                    about_blank.append(len(triples))
                triples.append((subject, predicate, said))
        return subject

    def _add_types(self, subject: bytes, size: int, types: JsonValue, *, is_blank: bool) -> Mapping[str, Term]:
        """Add of which types a node is, and return its terms."""
        triples = self.said.triples
        terms = common = self.vocabulary.terms
        for name in types if isinstance(types, list) else (types,):
            if not isinstance(name, str) or name not in self.vocabulary.types:
                raise CodecError("a document with a type that is not known here")
            known = self.vocabulary.types[name]
            terms = self.vocabulary.terms_by_type[name] if terms is common else {**terms, **known.terms}
            self.bytes_left -= size + len(RDF_TYPE) + len(known.written)
            if len(triples) >= MAX_TRIPLES or self.bytes_left < 0:
                raise _too_large()
            if is_blank:
                self.said.about_blank.append(len(triples))
            triples.append((subject, RDF_TYPE, known.written))
        return terms

    def _name_node(self, node: JsonObject) -> bytes:
        if "id" in node:
            return format_name(node["id"])
        self.blank_nodes += 1
        return b"%b%d" % (BLANK, self.blank_nodes)

    def _measure(self, name: bytes) -> int:
        """How many bytes a name has."""
        return len(name) if self.gap is None else len(name) + self.gap.count_missing(name)


def _too_large() -> CodecError:
    return CodecError("a document too large to be read as linked data")


def _format_value(value: JsonValue, term: Term) -> bytes:
    if type(value) is str:
        if term.is_literal:
            return format_literal(value, term)
        return _format_word(value, term) if term.words else format_name(value)
    if type(value) is int and term.is_literal and term.datatype != XSD + "string":
        return format_literal(str(value), term)
    raise CodecError("a document with a value that has no place in linked data")


def _format_word(value: str, term: Term) -> bytes:
    if value not in term.words:
        raise CodecError("a document with a word that is not known here")
    return f"<{term.words[value]}>".encode()


def format_name(value: JsonValue) -> bytes:
    """Write the name of a node; raise `CodecError` for one that is not a whole IRI."""
    if not isinstance(value, str) or not is_name(value):
        raise CodecError("a document with a name that is no https, did, urn or data IRI")
    return f"<{value}>".encode()


def is_name(text: str) -> bool:
    """Whether a text may name a node. A long one, such as evidence, is not looked at character by character."""
    if len(text) < _LONG or not text.isascii():
        return is_name_plainly(text)
    return text.startswith(_SCHEMES) and not text.encode("ascii").translate(None, _ALLOWED)


def is_name_plainly(text: str) -> bool:
    """Do the same as `is_name`, by the plain way."""
    return _NAME.fullmatch(text) is not None


def format_literal(value: str, term: Term) -> bytes:
    """Write a literal in the canonical form of N-Quads (https://www.w3.org/TR/rdf12-n-quads/#canonical-quads)."""
    if '"' in value or "\\" in value or not value.isprintable():
        value = _ESCAPED.sub(_escape, value)
    return f'"{value}{term.ending}'.encode()


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def format_triples(triples: Iterable[Triple]) -> bytes:
    """Write N-Quads in the given order. Nothing that is said is copied twice: of evidence there are four copies already."""
    return b"".join([part for subject, predicate, said in triples for part in (subject, b" ", predicate, b" ", said, b" .\n")])
