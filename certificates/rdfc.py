"""Canonical RDF: RDFC-1.0 with SHA-256, for statements whose blank nodes differ by what they say.

Source: https://www.w3.org/TR/rdf-canon/. A blank node's name is not content; it is given anew, by the hash of what is said
about it (4.6 there). Where two blank nodes are alike in that, the specification compares their neighbours, at a cost that a
forger can choose. None of our documents has such nodes, so they are refused.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from certificates.jcs import JsonObject
from certificates.rdf import BLANK, Triple, convert_to_rdf, format_triples
from certificates.terms import CERTIFICATE, Vocabulary
from ledger.errors import CodecError

CANONICAL: Final = b"_:c14n"


def canonicalise(document: JsonObject, vocabulary: Vocabulary = CERTIFICATE) -> bytes:
    """Return the canonical N-Quads of a document, whose `@context` the caller has looked at; raise `CodecError`."""
    said = convert_to_rdf({name: value for name, value in document.items() if name != "@context"}, vocabulary)
    triples = said.triples
    names = _name_blank_nodes([triples[place] for place in said.about_blank])
    for place in said.about_blank:
        subject, predicate, object_ = triples[place]
        triples[place] = names.get(subject, subject), predicate, names.get(object_, object_)
    return format_triples(_sort(triples))


def _sort(statements: list[Triple]) -> list[Triple]:
    """Return statements in the order of their lines, each once.

    Where a name, or what is said, begins as another one, it goes on with a character above the space that follows it in a line.
    So the parts are in order as the lines are, and of the same long name in two of them not a character is compared.
    """
    statements.sort()
    return [item for item, _ in groupby(statements)]


def _name_blank_nodes(statements: Sequence[Triple]) -> dict[bytes, bytes]:
    """Return the canonical name of each blank node, from the statements in which there is one."""
    about: dict[bytes, list[Triple]] = {}
    for statement in statements:
        subject, _, said = statement
        if subject.startswith(BLANK):
            about.setdefault(subject, []).append(statement)
        if said.startswith(BLANK) and said != subject:
            about.setdefault(said, []).append(statement)
    hashes = {node: _compute_hash(node, said) for node, said in about.items()}
    if max(Counter(hashes.values()).values(), default=1) > 1:
        raise CodecError("a document with two nodes of which the same is said, and no name to tell them apart")
    ordered = sorted(hashes, key=lambda node: hashes[node])
    return {node: b"%b%d" % (CANONICAL, number) for number, node in enumerate(ordered)}


def _compute_hash(node: bytes, statements: Iterable[Triple]) -> bytes:
    """Hash of what is said about a blank node, in which it is called `a` and every other one `z`."""

    def rename(name: bytes) -> bytes:
        if not name.startswith(BLANK):
            return name
        return b"_:a" if name == node else b"_:z"

    return hashlib.sha256(format_triples(_sort([(rename(s), p, rename(o)) for s, p, o in statements]))).digest()
