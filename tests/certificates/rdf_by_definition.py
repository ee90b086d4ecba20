"""Canonical N-Quads of our documents word for word as they are defined: `certificates.rdfc` is checked against this one."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from certificates.jcs import MAX_JSON_DEPTH, JsonObject, JsonValue
from certificates.terms import XSD, Term, Vocabulary
from ledger.errors import CodecError

Triple: TypeAlias = tuple[str, str, str]
"""Subject, predicate and object as N-Quads write them; a blank node is `_:b` and a number."""

BLANK = "_:b"
MAX_TRIPLES = 10_000
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_NAME = re.compile(r"(?:https|http|did|urn|data):[^\x00-\x20<>\"{}|^`\\]+")
"""Names of nodes. None of these schemes is a term of the contexts, which would stand for something else."""
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def _convert(document: JsonObject, vocabulary: Vocabulary) -> frozenset[Triple]:
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


CANONICAL = "_:c14n"


def canonicalise_by_definition(document: JsonObject, vocabulary: Vocabulary) -> bytes:
    """Return the canonical N-Quads of a document, whose `@context` the caller has looked at; raise `CodecError`."""
    statements = _convert({name: value for name, value in document.items() if name != "@context"}, vocabulary)
    names = _name_blank_nodes(statements)
    renamed = (
        (names.get(subject, subject), predicate, names.get(object_, object_)) for subject, predicate, object_ in statements
    )
    return _write(renamed).encode()


def _name_blank_nodes(statements: Iterable[Triple]) -> dict[str, str]:
    """Return the canonical name of each blank node."""
    about: dict[str, list[Triple]] = {}
    for statement in statements:
        for node in {statement[0], statement[2]}:
            if node.startswith(BLANK):
                about.setdefault(node, []).append(statement)
    hashes = {node: _compute_hash(node, said) for node, said in about.items()}
    if max(Counter(hashes.values()).values(), default=1) > 1:
        raise CodecError("a document with two nodes of which the same is said, and no name to tell them apart")
    ordered = sorted(hashes, key=lambda node: hashes[node])
    return {node: f"{CANONICAL}{number}" for number, node in enumerate(ordered)}


def _compute_hash(node: str, statements: Iterable[Triple]) -> str:
    """Hash of what is said about a blank node, in which it is called `a` and every other one `z`."""

    def rename(name: str) -> str:
        if not name.startswith(BLANK):
            return name
        return "_:a" if name == node else "_:z"

    return hashlib.sha256(_write((rename(s), p, rename(o)) for s, p, o in statements).encode()).hexdigest()


def _write(statements: Iterable[Triple]) -> str:
    return "".join(sorted({f"{subject} {predicate} {object_} .\n" for subject, predicate, object_ in statements}))
