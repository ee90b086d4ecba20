"""Write the examples in docs/formats: `python -m tools.examples`.

A page has a line `<!-- example: NAME -->` before each fenced block that is made here. Whole files are in docs/formats/examples.
"""

import json
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from certificates.artefacts import verify_artefact
from certificates.checks import Times
from certificates.credential_status import build_credential_status
from certificates.dids import build_did_document
from certificates.jcs import JsonObject, JsonValue, encode_jcs
from certificates.one_code import compute_checkpoint, format_one_code, one_code_codec, rebuild_note
from certificates.reports import Question, format_artefact_report
from certificates.terms import CERTIFICATE, Term
from contracts.certificates.registry import CERTIFICATE_REGISTERED
from contracts.hours import HOURS_RECORDED
from contracts.identity.parties import ORGANISATIONS
from contracts.rulebook import KINDS
from ledger import codec
from ledger.blocks import HEADER, compute_block_hash
from ledger.checkpoint import format_signed_checkpoint
from ledger.codec import Codec, decode, encode
from ledger.crypto import sha256
from ledger.events import OUTCOME, EventType
from ledger.genesis import compute_genesis_hash, format_genesis, genesis_codec
from ledger.merkle import compute_leaf_hash
from ledger.proofs import format_bundle
from ledger.state_pages import compute_state_leaf_hash
from ledger.state_tree import state_proof_codec
from ledger.transactions import MAX_SIGNATURES, KeySignature, decode_payload, encode_signed, transaction_codec
from ledger.trust import format_trust
from ledger.types import TimeMs
from node.snapshot.format import MAGIC, Record, read_records, write_records
from node.snapshot.writing import Source, iterate_records
from tools.dump import dump, dump_array
from tools.example_cards import make_card_blocks, make_card_files
from tools.example_region import (
    CHAIN_ID,
    GENESIS,
    HOUR_MS,
    NOW_MS,
    OFFICERS,
    ORGANISATION,
    POSITION,
    SITE,
    Region,
    make_closing,
    make_region,
    make_registered_region,
    make_trust,
)

PAGES: Final = Path(__file__).parents[1] / "docs" / "formats"
FILES: Final = PAGES / "examples"
SHOWN_CHARACTERS: Final = 128

_MARKED = re.compile(r"(<!-- example: ([a-z-]+) -->\n\n?```[a-z]*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def make_files() -> dict[str, bytes]:
    """Return the example files by name."""
    region = make_region()
    evidence = format_bundle(region.make_evidence().bundle)
    return {
        "genesis.json": format_genesis(GENESIS),
        "trust.txt": format_trust(make_trust()),
        "certificate.json": encode_jcs(region.make_certificate()),
        "own-certificate.json": encode_jcs(region.make_own_certificate()),
        "site-certificate.json": encode_jcs(region.make_site_certificate()),
        "did.json": _format_json(build_did_document(SITE, [item.public_key for item in OFFICERS])).encode(),
        "bundle.json": _format_json(evidence).encode(),
        "one-code.txt": format_one_code(make_registered_region().make_code()).encode(),
        **make_card_files(),
        "closing.draft": encode_signed(make_closing()),
        "chain.snapshot": _make_snapshot(region),
    }


def make_blocks() -> dict[str, str]:
    """Return the fenced blocks of the pages by name."""
    region = make_region()
    return {
        **_make_codec_blocks(),
        **_make_transaction_blocks(),
        **_make_entry_blocks(region),
        **_make_state_blocks(region),
        **_make_certificate_blocks(region),
        **_make_code_blocks(),
        **make_card_blocks(),
        **_make_genesis_blocks(),
        **_make_snapshot_blocks(region),
    }


def replace_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page with its marked blocks as `blocks` has them; raise `KeyError` for a name that is not there."""
    return _MARKED.sub(lambda found: found[1] + blocks[found[2]] + found[4], page)


def find_blocks(page: str) -> dict[str, str]:
    """Return the marked blocks of a page by name."""
    return {found[2]: found[3] for found in _MARKED.finditer(page)}


def _make_codec_blocks() -> dict[str, str]:
    values: tuple[tuple[str, Codec[Any], object], ...] = (
        ("nil", codec.optional(codec.boolean), None),
        ("false, true", codec.sequence(codec.boolean, 0, 9), (False, True)),
        ("127", codec.integer("", 0, 2**32), 127),
        ("128", codec.integer("", 0, 2**32), 128),
        ("65536", codec.integer("", 0, 2**32), 65_536),
        ("-1", codec.minutes, -1),
        ("-33", codec.minutes, -33),
        ('""', codec.text("", 9, min_bytes=0), ""),
        ('"河"', codec.text("", 9), "河"),
        ("32 times a", codec.text("", 32), "a" * 32),
        ("no bytes", codec.binary("", 0, 9), b""),
        ("bytes 00 ff", codec.binary("", 0, 9), b"\x00\xff"),
        ("list of 1, 2", codec.sequence(codec.integer("", 0, 9), 0, 9), (1, 2)),
    )
    lines = [f"{name:<16}{encode(item, value).hex(' ')}\n" for name, item, value in values]
    return {"codec-values": "".join(lines)}


def _make_transaction_blocks() -> dict[str, str]:
    signed = make_closing()
    transaction = decode_payload(signed)
    kind = KINDS[transaction.kind]
    signatures = codec.sequence(codec.struct(KeySignature, codec.public_key, codec.signature), 0, MAX_SIGNATURES)
    envelope = (("payload", None, signed.payload), ("signatures", signatures, signed.signatures))
    return {
        "transaction-payload": dump("payload", transaction_codec, transaction),
        "transaction-body": dump("body", kind.codec, decode(kind.codec, transaction.body)),
        "transaction-envelope": dump_array("envelope", envelope) + f"\ntransaction id\n  {signed.transaction_id.hex()}\n",
    }


def _make_entry_blocks(region: Region) -> dict[str, str]:
    header = region.reader.tip.header
    return {
        "entry-recorded": _dump_entry(region, HOURS_RECORDED),
        "entry-outcome": _dump_entry(region, OUTCOME),
        "entry-header": _dump_entry(region, HEADER) + f"\nblock hash\n  {compute_block_hash(header).hex()}\n",
    }


def _dump_entry(region: Region, event_type: EventType[Any]) -> str:
    index = region.find_entries(event_type.name)[-1]
    entry = region.reader.read_entry(index)
    fields = event_type.codec, event_type.decode(entry)
    text = dump_array("entry", (("version", None, 1), ("type", None, event_type.name), ("fields", *fields)))
    return text + f"\nleaf hash of entry {index}\n  {compute_leaf_hash(entry).hex()}\n"


def _make_state_blocks(region: Region) -> dict[str, str]:
    key = ORGANISATIONS.key(ORGANISATION)
    value = region.reader.state.get(key) or b""
    hashes = {
        "key": key,
        "key hash": sha256(key),
        "value hash": sha256(value),
        "leaf hash": compute_state_leaf_hash(sha256(key) + sha256(value)),
        "state root": region.reader.tip.header.state_root,
    }
    return {
        "state-value": dump("value", ORGANISATIONS.codec, decode(ORGANISATIONS.codec, value)),
        "state-hashes": "".join(f"{name:<12}{data.hex()}\n" for name, data in hashes.items()),
        "state-proof": dump("proof", state_proof_codec, region.reader.prove_state(key)),
    }


def _make_certificate_blocks(region: Region) -> dict[str, str]:
    document = region.make_certificate()
    own: Any = region.make_own_certificate()
    return {
        "self-issuer": _format_json(own["issuer"]),
        "did-document": _format_json(build_did_document(SITE, [OFFICERS[0].public_key])),
        "credential-status": _format_json(build_credential_status(CHAIN_ID, POSITION)),
        "bundle": _format_json(_shorten(format_bundle(region.make_evidence().bundle))),
        "certificate": _format_json(_shorten(document)),
        "opening": _format_json(_make_opening(region)),
        "terms": "".join(_list_terms()),
    }


def _make_code_blocks() -> dict[str, str]:
    code = make_registered_region().make_code()
    text = format_one_code(code)
    root = compute_checkpoint(code).root
    note = format_signed_checkpoint(rebuild_note(code, compute_checkpoint(code), make_trust())).decode()
    event = CERTIFICATE_REGISTERED.decode(code.entry)
    fields = (
        ("version", None, 1),
        ("type", None, CERTIFICATE_REGISTERED.name),
        ("fields", CERTIFICATE_REGISTERED.codec, event),
    )
    question = Question((make_trust(),), Times(TimeMs(NOW_MS + 2 * HOUR_MS)))
    return {
        "report": _format_json(format_artefact_report(verify_artefact(text.encode(), question))),
        "one-code-text": "".join(f"{text[start : start + 120]}\n" for start in range(0, len(text), 120)),
        "one-code": dump("code", one_code_codec, code),
        "one-code-entry": dump_array("entry", fields) + f"\nroot\n  {root.hex()}\n",
        "one-code-note": note,
    }


def _list_terms() -> Iterator[str]:
    """Yield a line for each type, and below it one for each of its terms: the name, what it means, and what its values are."""
    yield "*\n"
    yield from (_format_term(name, term) for name, term in CERTIFICATE.terms.items())
    for name, node_type in CERTIFICATE.types.items():
        yield f"{name} <{node_type.iri}>\n"
        yield from (_format_term(member, term) for member, term in node_type.terms.items())


def _format_term(name: str, term: Term) -> str:
    words = ", ".join(f"{word} <{iri}>" for word, iri in term.words.items())
    return f"  {name} <{term.iri}> {words or ('name' if term.is_name else f'literal <{term.datatype}>')}\n"


def _make_opening(region: Region) -> JsonObject:
    evidence = region.make_evidence()
    index = min(evidence.openings)
    opening = evidence.openings[index]
    commitment = HOURS_RECORDED.decode(region.reader.read_entry(index)).commitment
    return {"index": index, "salt": opening.salt.hex(), "details": opening.details, "commitment": commitment.hex()}


def _make_genesis_blocks() -> dict[str, str]:
    encoded = encode(genesis_codec, GENESIS)
    hashes = f"canonical encoding: {len(encoded)} bytes, SHA-256 {sha256(encoded).hex()}\n"
    return {
        "genesis": format_genesis(GENESIS).decode(),
        "genesis-hash": f"{hashes}genesis hash: {compute_genesis_hash(GENESIS).hex()}\n",
    }


def _make_snapshot(region: Region) -> bytes:
    file = BytesIO()
    note = region.make_checkpoint().encode()
    write_records(file, iterate_records(Source(GENESIS, region.reader, GENESIS.authorities, note)))
    return file.getvalue()


def _make_snapshot_blocks(region: Region) -> dict[str, str]:
    data = _make_snapshot(region)
    lengths: list[int] = []
    records = list(read_records(BytesIO(data), lengths.append))
    offset = len(MAGIC)
    lines = [f"{0:>6}{offset:>8}  {MAGIC.decode().strip()} and a newline\n"]
    for record, length in zip(records, lengths, strict=True):
        lines.append(f"{offset:>6}{length:>8}  {type(record).__name__.lower()}{_count_items(record)}\n")
        offset += length
    end = data[-lengths[-1] :]
    return {
        "snapshot-records": "offset   bytes\n" + "".join(lines),
        "snapshot-end": f"length  {end[:4].hex(' ')}\nrecord  {end[4:].hex(' ')}\n",
    }


def _count_items(record: Record) -> str:
    """How many entries or values a record has, nothing for the others."""
    items = getattr(record, "entries", getattr(record, "values", None))
    return f" of {len(items)}" if isinstance(items, tuple) else ""


def _format_json(document: JsonValue) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _shorten(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Cut texts that are too long for a page; the whole is in the example file."""
    if isinstance(value, dict):
        return {name: _shorten(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shorten(item) for item in value]
    is_long = isinstance(value, str) and len(value) > SHOWN_CHARACTERS and " " not in value
    return f"{value[:SHOWN_CHARACTERS]}..." if is_long else value


def write_all() -> None:
    """Renew every page and every file."""
    FILES.mkdir(exist_ok=True)
    for name, data in make_files().items():
        (FILES / name).write_bytes(data)
    blocks = make_blocks()
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(replace_blocks(path.read_text(encoding="utf-8"), blocks), encoding="utf-8")


if __name__ == "__main__":
    write_all()
