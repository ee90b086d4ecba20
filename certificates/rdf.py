"""Our documents as RDF: JSON-LD to triples, by a vocabulary that is written down instead of contexts.

What comes out is what the JSON-LD 1.1 algorithms (https://www.w3.org/TR/json-ld11-api/, expansion and conversion to RDF) make
of the same document with the published contexts. Whatever is not in the vocabulary is refused: with contexts it would silently
be left out, and so not be signed. All statements are in the default graph.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias

from certificates.jcs import MAX_JSON_DEPTH, JsonObject, JsonValue
from certificates.terms import XSD, Term, Vocabulary
from ledger.errors import CodecError

Triple: TypeAlias = tuple[str, str, str]
"""Subject, predicate and object as N-Quads write them; a blank node is `_:b` and a number."""

BLANK: Final = "_:b"
MAX_TRIPLES: Final = 10_000
RDF_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_NAME: Final = re.compile(r"(?:https|http|did|urn|data):[^\x00-\x20<>\"{}|^`\\]+")
"""Names of nodes. None of these schemes is a term of the contexts, which would stand for something else."""
_ESCAPED: Final = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ESCAPES: Final = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def convert_to_rdf(document: JsonObject, vocabulary: Vocabulary) -> frozenset[Triple]:
    """Return what a document without `@context` says; raise `CodecError` for what the vocabulary does not have."""
    conversion = _Conversion(vocabulary)
    conversion.add_node(document, MAX_JSON_DEPTH)
    return frozenset(conversion.triples)


@dataclass(slots=True)
class _Conversion:
    vocabulary: Vocabulary
    triples: list[Triple] = field(default_factory=list)
    blank_nodes: int = 0

    def add_node(self, node: JsonObject, levels_left: int) -> str:
        """Add what a node and all below it say, and return its name."""
        if levels_left <= 0:
            raise CodecError("a document too deep to be read as linked data")
        subject = self._name_node(node)
        terms: Mapping[str, Term] = self.vocabulary.terms
        for name in _list_values(node.get("type", [])):
            known = self.vocabulary.types.get(name) if isinstance(name, str) else None
            if known is None:
                raise CodecError("a document with a type that is not known here")
            terms = {**terms, **known.terms}
            self._add(subject, RDF_TYPE, f"<{known.iri}>")
        for name, value in node.items():
            if name in {"id", "type"}:
                continue
            term = terms.get(name)
            if term is None:
                raise CodecError("a document with a member that is not known here")
            predicate = f"<{term.iri}>"
            for item in _list_values(value):
                said = self.add_node(item, levels_left - 1) if isinstance(item, dict) else _format_value(item, term)
                self._add(subject, predicate, said)
        return subject

    def _add(self, subject: str, predicate: str, said: str) -> None:
        if len(self.triples) >= MAX_TRIPLES:
            raise CodecError("a document too large to be read as linked data")
        self.triples.append((subject, predicate, said))

    def _name_node(self, node: JsonObject) -> str:
        if "id" in node:
            return format_name(node["id"])
        self.blank_nodes += 1
        return f"{BLANK}{self.blank_nodes}"


def _list_values(value: JsonValue) -> Iterator[JsonValue]:
    return iter(value) if isinstance(value, list) else chain((value,))


def _format_value(value: JsonValue, term: Term) -> str:
    if isinstance(value, str):
        if term.words:
            return _format_word(value, term)
        return format_name(value) if term.is_name else format_literal(value, term.datatype)
    if type(value) is int and not term.words and not term.is_name and term.datatype != XSD + "string":
        return format_literal(str(value), term.datatype)
    raise CodecError("a document with a value that has no place in linked data")


def _format_word(value: str, term: Term) -> str:
    if value not in term.words:
        raise CodecError("a document with a word that is not known here")
    return f"<{term.words[value]}>"


def format_name(value: JsonValue) -> str:
    """Write the name of a node; raise `CodecError` for one that is not a whole IRI."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise CodecError("a document with a name that is no https, did, urn or data IRI")
    return f"<{value}>"


def format_literal(value: str, datatype: str) -> str:
    """Write a literal in the canonical form of N-Quads (https://www.w3.org/TR/rdf12-n-quads/#canonical-quads)."""
    text = _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}", value)
    return f'"{text}"' if datatype == XSD + "string" else f'"{text}"^^<{datatype}>'
