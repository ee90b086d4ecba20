"""Canonical RDF: RDFC-1.0 with SHA-256, for statements whose blank nodes differ by what they say.

Source: https://www.w3.org/TR/rdf-canon/. A blank node's name is not content; it is given anew, by the hash of what is said
about it (4.6 there). Where two blank nodes are alike in that, the specification compares their neighbours, at a cost that a
forger can choose. None of our documents has such nodes, so they are refused.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Final

from certificates.jcs import JsonObject
from certificates.rdf import BLANK, Triple, convert_to_rdf
from certificates.terms import CERTIFICATE, Vocabulary
from ledger.errors import CodecError

CANONICAL: Final = "_:c14n"


def canonicalise(document: JsonObject, vocabulary: Vocabulary = CERTIFICATE) -> bytes:
    """Return the canonical N-Quads of a document, whose `@context` the caller has looked at; raise `CodecError`."""
    statements = convert_to_rdf({name: value for name, value in document.items() if name != "@context"}, vocabulary)
    names = _name_blank_nodes(statements)
    renamed = (
        (names.get(subject, subject), predicate, names.get(object_, object_)) for subject, predicate, object_ in statements
    )
    return _format(renamed).encode()


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

    return hashlib.sha256(_format((rename(s), p, rename(o)) for s, p, o in statements).encode()).hexdigest()


def _format(statements: Iterable[Triple]) -> str:
    return "".join(sorted({f"{subject} {predicate} {object_} .\n" for subject, predicate, object_ in statements}))
