"""Ways to spoil a certificate: one bit, one value, one part of another; signed again by somebody, or not."""

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

from certificates.certificate import Issue, build_document
from certificates.data_integrity import JCS, RDFC, add_proof
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX, Evidence, format_evidence
from certificates.jcs import JsonObject, encode_jcs
from certificates.multibase import format_multibase, parse_multibase
from certificates.statement import Statement, compute_statement, read_organisation, read_records
from ledger.crypto import SigningKey
from ledger.notes import format_base64
from ledger.types import TimeMs
from tools.vectors.world import OFFICERS, World

Edit = Callable[[Any], None]
ISSUED_AFTER_MS: Final = 3_600_000


def flip(data: bytes, place: int = -1) -> bytes:
    """Return the bytes with one bit of one of them turned."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def flip_base64(text: str, place: int = -1) -> str:
    """Return base64 of bytes of which one bit is turned."""
    return format_base64(flip(base64.b64decode(text), place))


def flip_multibase(text: str) -> str:
    """Return the multibase form of bytes of which one bit is turned."""
    return format_multibase(flip(parse_multibase(text)))


def edit(document: JsonObject, change: Edit) -> JsonObject:
    """Return a copy of a JSON object that was changed; its proofs stay as they are."""
    changed = deepcopy(document)
    change(changed)
    return changed


def read_evidence(document: JsonObject) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON object in the evidence of a certificate."""
    (evidence,) = document["evidence"]  # type: ignore[misc, str-unpack]
    return json.loads(base64.b64decode(str(evidence["id"]).removeprefix(PREFIX)))  # type: ignore[index, call-overload]


def turn_evidence(document: Any) -> None:  # noqa: ANN401 - JSON
    """Turn a bit of a salt in the evidence of a certificate, in place."""
    evidence = read_evidence(document)
    evidence["openings"][0]["salt"] = flip_base64(evidence["openings"][0]["salt"])
    document["evidence"][0]["id"] = PREFIX + format_base64(encode_jcs(evidence))


def sign_again(document: JsonObject, key: SigningKey, issued_ms: TimeMs, suites: tuple[str, ...] = (JCS, RDFC)) -> JsonObject:
    """Return a document with proofs by a key in the place of those that it has."""
    signed: JsonObject = {name: value for name, value in document.items() if name != "proof"}
    for cryptosuite in suites:
        signed = add_proof(signed, key, format_method(Method(key.public_key)), issued_ms, cryptosuite=cryptosuite)
    return signed


def compute_issue_time(world: World) -> TimeMs:
    """Return the time at which certificates of a region are issued here: an hour after its newest block."""
    return TimeMs(world.now_ms + ISSUED_AFTER_MS)


def read_statement(world: World, evidence: Evidence) -> Statement:
    """Return what a certificate over the evidence has to state."""
    entries = {item.index: item.entry for item in evidence.bundle.entries}
    values = {item.key: item.value for item in evidence.bundle.values}
    records = read_records(entries)
    organisation = read_organisation(values, next(iter(records.values())).organisation)
    return compute_statement(world.chain_id, organisation, records.values())


def forge(world: World, evidence: Evidence, change: Edit, key: SigningKey = OFFICERS[0]) -> JsonObject:
    """Return a certificate whose evidence was changed by whoever signs it: everything else follows from it as it should."""
    uri = format_evidence(evidence)
    document = json.loads(base64.b64decode(uri.removeprefix(PREFIX)))
    change(document)
    changed = PREFIX + format_base64(encode_jcs(document))
    issued_ms = compute_issue_time(world)
    issue = Issue(Method(key.public_key), issued_ms)
    return sign_again(build_document(read_statement(world, evidence), changed, issue), key, issued_ms)
