"""A verifier of certificates made from docs/formats alone: Python's standard library and PyNaCl, nothing of hourledger.

    python tests/docs/independent_verifier.py CERTIFICATE TRUST [SECONDS SINCE 1970]

Prints the first check that fails, or the statement, and ends with 1 or 0. It asks for no more than is needed to disagree with
a forgery: where hourledger tells invalid from undetermined, this one only knows good and not good.
"""

import base64
import hashlib
import json
import struct
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import nacl.exceptions
import nacl.signing

Json: TypeAlias = dict[str, Any]
Trust: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, bytes, bytes]
"""Name, key id, and the key or a signature by it."""
Checkpoint: TypeAlias = tuple[str, int, bytes]
"""Origin, size and root."""
Records: TypeAlias = Mapping[int, Json]
Values: TypeAlias = Mapping[bytes, bytes | None]

EPOCH = date(1970, 1, 1)
VOID = 255
EMPTY_PLACE = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"
PREFIX = "data:application/vnd.hourledger.bundle+json;base64,"
MEDIA_TYPE = "application/vnd.hourledger.bundle+json;version=1"
DETAIL_FIELDS = {"activity_name", "category", "content", "date", "end", "minutes", "person_in_charge", "place", "start"}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Refused(Exception):  # noqa: N818
    """Names the check that failed, as certificate.md does."""


def require(holds: object, check: str) -> None:
    if not holds:
        raise Refused(check)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def verify_ed25519(key: bytes, message: bytes, signature: bytes, check: str) -> None:
    try:
        nacl.signing.VerifyKey(key).verify(message, signature)
    except (nacl.exceptions.CryptoError, ValueError) as error:
        raise Refused(check) from error


# ---------------------------------------------------------------------------------------------------------- codec.md


def decode(data: bytes) -> Any:
    value, rest = read_value(data)
    require(rest == b"" and encode(value) == data, "codec")
    return value


def read_value(data: bytes) -> tuple[Any, bytes]:  # noqa: PLR0911 - a table of forms, read from the top
    head, rest = data[0], data[1:]
    if head < 0x80:
        return head, rest
    if head >= 0xE0:
        return head - 256, rest
    if 0x90 <= head < 0xA0:
        return read_list(head - 0x90, rest)
    if 0xA0 <= head < 0xC0:
        return read_text(head - 0xA0, rest)
    simple = {0xC0: None, 0xC2: False, 0xC3: True}
    if head in simple:
        return simple[head], rest
    number = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
    if head in number:
        size = struct.calcsize(number[head])
        return struct.unpack(number[head], rest[:size])[0], rest[size:]
    lengths = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4}
    require(head in lengths, "codec")
    length, rest = int.from_bytes(rest[: lengths[head]], "big"), rest[lengths[head] :]
    if head <= 0xC6:
        require(len(rest) >= length, "codec")
        return rest[:length], rest[length:]
    return read_text(length, rest) if head <= 0xDB else read_list(length, rest)


def read_text(length: int, data: bytes) -> tuple[str, bytes]:
    require(len(data) >= length, "codec")
    return data[:length].decode("utf-8"), data[length:]


def read_list(length: int, data: bytes) -> tuple[list[Any], bytes]:
    items = []
    for _ in range(length):
        item, data = read_value(data)
        items.append(item)
    return items, data


def encode(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return encode_number(value)
    if isinstance(value, bytes):
        return encode_head(len(value), None, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, str):
        data = value.encode()
        return encode_head(len(data), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + data
    return encode_head(len(value), (0x90, 16), (None, 0xDC, 0xDD)) + b"".join(map(encode, value))


def encode_number(value: int) -> bytes:
    if -32 <= value < 0x80:
        return struct.pack(">b", value)
    forms = [(0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q")]
    if value < 0:
        forms = [(0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q")]
    for head, form in forms:
        try:
            return bytes([head]) + struct.pack(form, value)
        except struct.error:
            continue
    raise Refused("codec")


def encode_head(length: int, short: tuple[int, int] | None, heads: tuple[int | None, ...]) -> bytes:
    if short is not None and length < short[1]:
        return bytes([short[0] + length])
    for head, size in zip(heads, (1, 2, 4), strict=True):
        if head is not None and length < 256**size:
            return bytes([head]) + length.to_bytes(size, "big")
    raise Refused("codec")


# ------------------------------------------------------------------------------------------- checkpoint.md, trust-file.md


def parse_verifier_key(text: str, kind: int) -> Key:
    name, key_id, encoded = text.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    require(key[0] == kind and len(key) == 33, "trust file")
    require(sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "trust file")
    return name, bytes.fromhex(key_id), key[1:]


def read_trust(text: str) -> Trust:
    trust: Trust = {"logs": [], "witnesses": {}, "groups": [], "quorum": None}
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log":
            trust["logs"].append(parse_verifier_key(words[1], 1))
        elif words[0] == "witness":
            trust["witnesses"][words[1]] = parse_verifier_key(words[2], 4)
        elif words[0] == "group":
            members = words[3:]
            threshold = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
            trust["groups"].append((words[1], threshold, members))
        else:
            require(words[0] == "quorum" and len(words) == 2, "trust file")
            trust["quorum"] = words[1]
    require(trust["quorum"] is not None, "trust file")
    return trust


def is_quorum(trust: Trust, names: Iterable[str]) -> bool:
    satisfied = set(names)
    for name, threshold, members in trust["groups"]:
        if len(satisfied.intersection(members)) >= threshold:
            satisfied.add(name)
    return bool(trust["quorum"] == "none" or trust["quorum"] in satisfied)


def read_note(note: str) -> tuple[str, Checkpoint, list[Key]]:
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text.splitlines()
    require(blank and lines.endswith("\n") and text.count("\n") == 3 and str(int(size)) == size, "format")
    signatures = []
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        data = base64.b64decode(encoded, validate=True)
        require(dash == "—", "format")
        signatures.append((name, data[:4], data[4:]))
    return text, (origin, int(size), base64.b64decode(root, validate=True)), signatures


def verify_checkpoint(trust: Trust, note: str) -> int:
    """Return the time in seconds for which a quorum vouches."""
    text, (origin, _size, _root), signatures = read_note(note)
    log_keys = [key for key in trust["logs"] if key[0] == origin]
    is_logged = False
    for name, key_id, key in log_keys:
        for _n, _i, signature in (item for item in signatures if item[:2] == (name, key_id)):
            verify_ed25519(key, text.encode(), signature, "checkpoint")
            is_logged = True
    require(is_logged, "checkpoint")
    times: dict[str, int] = {}
    for witness, (name, key_id, key) in trust["witnesses"].items():
        for _n, _i, data in (item for item in signatures if item[:2] == (name, key_id)):
            time_s = int.from_bytes(data[:8], "big")
            verify_ed25519(key, f"cosignature/v1\ntime {time_s}\n{text}".encode(), data[8:], "checkpoint")
            times[witness] = max(time_s, times.get(witness, 0))
    reached = [t for t in times.values() if is_quorum(trust, [name for name, stated in times.items() if stated >= t])]
    require(reached, "checkpoint")
    return max(reached)


# ---------------------------------------------------------------------------------- bundle.md, log-entries.md, state.md


def verify_entry(item: Json, size: int, root: bytes) -> None:
    """RFC 9162, 2.1.3.2."""
    node, position, last = sha256(b"\x00", item["entry"]), item["index"], size - 1
    require(0 <= position <= last, "records")
    for sibling in item["hashes"]:
        require(last > 0, "records")
        if position & 1 or position == last:
            node = sha256(b"\x01", sibling, node)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            node = sha256(b"\x01", node, sibling)
        position, last = position >> 1, last >> 1
    require(last == 0 and node == root, "records")


def verify_value(item: Json, state_root: bytes) -> None:
    leaf, siblings = decode(item["proof"])
    key_hash = sha256(item["key"])
    bits = int.from_bytes(key_hash, "big")
    if item["value"] is not None:
        require(leaf == [key_hash, sha256(item["value"])], "state")
    elif leaf is not None:
        other = int.from_bytes(leaf[0], "big")
        require(leaf[0] != key_hash and (bits ^ other) >> (256 - len(siblings)) == 0, "state")
    require(len(siblings) <= 256 and all(len(item) == 32 for item in (*siblings, *(leaf or ()))), "state")
    node = EMPTY_PLACE if leaf is None else sha256(b"JMT::LeafNode", *leaf)
    for depth, sibling in zip(reversed(range(len(siblings))), siblings, strict=True):
        pair = (sibling, node) if bits >> (255 - depth) & 1 else (node, sibling)
        node = sha256(b"JMT::IntrnalNode", *pair)
    require(node == state_root, "state")


def read_bundle(document: Json) -> None:
    require(set(document) == {"mediaType", "checkpoint", "entries", "values", "openings"}, "format")
    require(document["mediaType"] == MEDIA_TYPE, "format")
    for item in document["entries"]:
        require(set(item) == {"index", "entry", "hashes"}, "format")
        item["entry"] = unpack64(item["entry"])
        item["hashes"] = [unpack64(text) for text in item["hashes"]]
        require(all(len(hash_) == 32 for hash_ in item["hashes"]), "format")
    for item in document["values"]:
        require(set(item) == {"key", "value", "proof"}, "format")
        item.update(key=unpack64(item["key"]), proof=unpack64(item["proof"]))
        item["value"] = None if item["value"] is None else unpack64(item["value"])
    indexes = [item["index"] for item in document["entries"]]
    keys = [item["key"] for item in document["values"]]
    require(indexes == sorted(set(indexes)) and keys == sorted(set(keys)), "format")


def unpack64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "format")
    return data


HEADER_FIELDS = 15
STATE_ROOT = 8


def read_entry(entry: bytes) -> tuple[str, list[Any]]:
    version, name, fields = decode(entry)
    require(version == 1, "content")
    return name, fields


def read_header(bundle: Json, checkpoint: Checkpoint) -> list[Any]:
    origin, size, _root = checkpoint
    last = bundle["entries"][-1]
    require(last["index"] == size - 1, "state")
    name, fields = read_entry(last["entry"])
    require(name == "ledger.header" and len(fields) == HEADER_FIELDS and fields[1] == origin, "state")
    return fields


RECORD_FIELDS = (
    "record", "revision", "batch", "row", "organisation", "activity", "volunteer", "day", "start", "minutes", "points",
    "is_late", "is_backfilled", "commitment", "correction",
)  # fmt: skip


def read_records(bundle: Json) -> Records:
    records = {}
    for item in bundle["entries"]:
        name, fields = read_entry(item["entry"])
        if name != "ledger.header":
            require(name == "hours.recorded" and len(fields) == len(RECORD_FIELDS), "content")
            records[item["index"]] = dict(zip(RECORD_FIELDS, fields, strict=True))
    require(records, "content")
    require(len({(r["volunteer"], r["organisation"]) for r in records.values()}) == 1, "content")
    require(len({(r["batch"], r["row"]) for r in records.values()}) == len(records), "content")
    return records


# ------------------------------------------------------------------------------------------------------- certificate.md


def read_json(data: bytes) -> Json:
    def refuse(_text: str) -> NoReturn:
        raise Refused("format")

    def read_object(pairs: list[tuple[str, Any]]) -> Json:
        require(len(dict(pairs)) == len(pairs), "format")
        return dict(pairs)

    value = json.loads(data.decode("utf-8"), object_pairs_hook=read_object, parse_float=refuse, parse_constant=refuse)
    require(isinstance(value, dict), "format")
    return dict(value)


def canonical(value: Any) -> bytes:
    # All member names of certificates and details are ASCII, so Python's order of names is that of RFC 8785.
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def base58_decode(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + BASE58.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def verify_signature(document: Json) -> tuple[bytes, str]:
    (proof,) = document["proof"]
    members = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue", "@context"}
    require(set(proof) == members and proof["@context"] == document["@context"], "signature")
    require(proof["type"] == "DataIntegrityProof" and proof["cryptosuite"] == "eddsa-jcs-2022", "signature")
    require(proof["proofPurpose"] == "assertionMethod", "signature")
    did, _, fragment = proof["verificationMethod"].partition("#")
    require(did == f"did:key:{fragment}" and fragment[0] == proof["proofValue"][0] == "z", "signature")
    key = base58_decode(fragment[1:])
    require(key[:2] == b"\xed\x01" and len(key) == 34, "signature")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    message = sha256(canonical(options)) + sha256(canonical(unsigned))
    verify_ed25519(key[2:], message, base58_decode(proof["proofValue"][1:]), "signature")
    return key[2:], did


def verify_licence(values: Values, identifier: bytes, signer: bytes) -> str:
    value = values.get(b"organisation/" + identifier)
    require(value is not None, "licence")
    name, standing, officers, _approvals = decode(value or b"")
    require(standing == 1 and signer in officers, "licence")
    return str(name)


def verify_status(values: Values, records: Records) -> None:
    for record in records.values():
        value = values.get(b"batch/" + record["batch"])
        require(value is not None, "status")
        organisation, revisions = decode(value or b"")
        require(organisation == record["organisation"] and record["row"] < len(revisions), "status")
        require(revisions[record["row"]] == record["revision"] != VOID, "status")


def format_clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def verify_details(openings: list[Json], records: Records) -> None:
    require([item["index"] for item in openings] and len(openings) == len(records), "details")
    require({item["index"] for item in openings} == set(records), "details")
    for item in openings:
        record, details, salt = records[item["index"]], item["details"], unpack64(item["salt"])
        require(set(item) == {"index", "salt", "details"} and len(salt) == 32, "format")
        require(set(details) <= DETAIL_FIELDS and {"activity_name", "date", "minutes"} <= set(details), "details")
        commitment = sha256(b"hourledger/record-details/v1\x00", salt, canonical(details))
        require(commitment == record["commitment"], "details")
        said = [details.get(name) for name in ("date", "minutes", "start", "end")]
        start, minutes = record["start"], record["minutes"]
        clock = [None, None] if start is None else [format_clock(start), format_clock(start + minutes)]
        require(said == [format_day(record["day"]), minutes, *clock], "details")


def format_day(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def make_certificate_id(organisation: bytes, evidence_id: str) -> str:
    content = sha256(b"hourledger/certificate-id/v1\x00", evidence_id.encode())
    digest = bytearray(sha256(b"hourledger/certificate-number/v1\x00", organisation, content)[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "urn:uuid:" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def make_document(document: Json, did: str, chain_id: str, name: str, records: Records) -> Json:
    """Make the document again: the template of the page, and the evidence and time of issue of this one."""
    first_record = next(iter(records.values()))
    organisation, volunteer = first_record["organisation"].hex(), first_record["volunteer"].hex()
    minutes = sum(record["minutes"] for record in records.values())
    count = len(records)
    first, last = (format_day(pick(r["day"] for r in records.values())) for pick in (min, max))
    base, issued, evidence_id = f"https://{chain_id}", document["validFrom"], document["evidence"][0]["id"]
    narrative = (
        f"{minutes // 60} h {minutes % 60} min in {count} records from {first} to {last}, recorded by {name}. "
        f"{first}至{last},共{count}条记录,{minutes // 60}小时{minutes % 60}分钟,记录单位:{name}。"
    )
    template: Json = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    del template["proof"]
    template.update(id=make_certificate_id(first_record["organisation"], evidence_id), validFrom=issued, awardedDate=issued)
    template["issuer"].update(id=did, name=name)
    template["issuer"]["otherIdentifier"][0]["identifier"] = f"{chain_id}/organisations/{organisation}"
    template["evidence"][0]["id"] = evidence_id
    subject = template["credentialSubject"]
    subject.update(
        id=f"{base}/volunteers/{volunteer}",
        activityStartDate=f"{first}T00:00:00Z",
        activityEndDate=f"{last}T00:00:00Z",
        creditsEarned=minutes // 60,
        narrative=narrative,
    )
    subject["achievement"]["id"] = f"{base}/organisations/{organisation}/service"
    for position, (result, value) in enumerate((("minutes", minutes), ("records", count))):
        subject["achievement"]["resultDescription"][position]["id"] = f"{base}/results/{result}"
        subject["result"][position].update(resultDescription=f"{base}/results/{result}", value=str(value))
    return template


TEMPLATE = Path(__file__).parents[2] / "docs" / "formats" / "examples" / "certificate.json"
"""The page's example: what does not follow from the evidence is as there, character for character."""
CLOCK_TOLERANCE_S = 300


def parse_time(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC).timestamp()


def verify(data: bytes, trust_text: str, at_time_s: float) -> str:
    """Return the statement in words; raise `Refused` with the first check that fails."""
    try:
        return _verify(data, read_trust(trust_text), at_time_s)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("format") from error


def _verify(data: bytes, trust: Trust, at_time_s: float) -> str:
    document = read_json(data)
    evidence_id = document["evidence"][0]["id"]
    require(evidence_id.startswith(PREFIX), "format")
    bundle = read_json(unpack64(evidence_id.removeprefix(PREFIX)))
    read_bundle(bundle)
    signer, did = verify_signature(document)
    _text, checkpoint, _signatures = read_note(bundle["checkpoint"])
    as_of_s = verify_checkpoint(trust, bundle["checkpoint"])
    for item in bundle["entries"]:
        verify_entry(item, checkpoint[1], checkpoint[2])
    header = read_header(bundle, checkpoint)
    for item in bundle["values"]:
        verify_value(item, header[STATE_ROOT])
    values = {item["key"]: item["value"] for item in bundle["values"]}
    records = read_records(bundle)
    organisation = next(iter(records.values()))["organisation"]
    name = verify_licence(values, organisation, signer)
    verify_status(values, records)
    verify_details(bundle["openings"], records)
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    require(canonical(unsigned) == canonical(make_document(document, did, header[1], name, records)), "claims")
    require(max(parse_time(document["validFrom"]), as_of_s) <= at_time_s + CLOCK_TOLERANCE_S, "time")
    return str(document["credentialSubject"]["narrative"])


def main(arguments: Sequence[str]) -> int:
    certificate, trust, *rest = arguments
    at_time_s = float(rest[0]) if rest else time.time()
    try:
        statement = verify(Path(certificate).read_bytes(), Path(trust).read_text(encoding="utf-8"), at_time_s)
    except Refused as error:
        sys.stdout.write(f"invalid: {error}\n")
        return 1
    sys.stdout.write(f"valid: {statement}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
