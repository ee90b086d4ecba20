"""Canonical RDF: RDFC-1.0 with SHA-256, for statements whose blank nodes differ by what they say.

Source: https://www.w3.org/TR/rdf-canon/. A blank node's name is not content; it is given anew, by the hash of what is said
about it (4.6 there). Where two blank nodes are alike in that, the specification compares their neighbours, at a cost that a
forger can choose. None of our documents has such nodes, so they are refused.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Final

from certificates.gap import Gap
from certificates.jcs import JsonObject
from certificates.rdf import BLANK, Triple, convert_to_rdf, format_triples
from certificates.terms import CERTIFICATE, Vocabulary
from ledger.errors import CodecError

CANONICAL: Final = b"_:c14n"


def canonicalise(document: JsonObject, vocabulary: Vocabulary = CERTIFICATE, gap: Gap | None = None) -> bytes:
    """Return the canonical N-Quads of a document, whose `@context` the caller has looked at; raise `CodecError`.

    Of a document with a gap they have the gap where its text belongs. No other name begins as the one with the mark, so it has
    the place among them that it has with the text.
    """
    said = convert_to_rdf({name: value for name, value in document.items() if name != "@context"}, vocabulary, gap)
    triples = said.triples
    names = _name_blank_nodes([triples[place] for place in said.about_blank], _hash if gap is None else gap.hash)
    for place in said.about_blank:
        subject, predicate, object_ = triples[place]
        triples[place] = names.get(subject, subject), predicate, names.get(object_, object_)
    return format_triples(_sort(triples))


def _hash(written: bytes) -> bytes:
    return hashlib.sha256(written).digest()


def _sort(statements: list[Triple]) -> list[Triple]:
    """Return statements in the order of their lines, each once.

    Where a name, or what is said, begins as another one, it goes on with a character above the space that follows it in a line.
    So the parts are in order as the lines are, and of the same long name in two of them not a character is compared.
    """
    statements.sort()
    return [item for item, last in zip(statements, chain((None,), statements), strict=False) if item != last]


def _name_blank_nodes(statements: Sequence[Triple], hash_written: Callable[[bytes], bytes]) -> dict[bytes, bytes]:
    """Return the canonical name of each blank node, from the statements in which there is one."""
    hashes = {node: hash_written(describe(node, said)) for node, said in list_about(statements).items()}
    if len(set(hashes.values())) != len(hashes):
        raise CodecError("a document with two nodes of which the same is said, and no name to tell them apart")
    ordered = sorted(hashes, key=hashes.__getitem__)
    return {node: b"%b%d" % (CANONICAL, number) for number, node in enumerate(ordered)}


def list_about(statements: Sequence[Triple]) -> dict[bytes, list[Triple]]:
    """Return what is said about each blank node, in the order in which they are first spoken of."""
    about: dict[bytes, list[Triple]] = {}
    for statement in statements:
        subject, _, said = statement
        if subject.startswith(BLANK):
            about.setdefault(subject, []).append(statement)
        if said.startswith(BLANK) and said != subject:
            about.setdefault(said, []).append(statement)
    return about


def describe(node: bytes, statements: Iterable[Triple]) -> bytes:
    """Return what is said about a blank node, in which it is called `a` and every other one `z`."""
    about = [(_rename(subject, node), predicate, _rename(said, node)) for subject, predicate, said in statements]
    return format_triples(_sort(about))


def _rename(name: bytes, node: bytes) -> bytes:
    if not name.startswith(BLANK):
        return name
    return b"_:a" if name == node else b"_:z"
