"""A verifier of certificates made from docs/formats alone: Python's standard library and PyNaCl, nothing of hourledger.

    python tests/docs/independent_verifier.py CERTIFICATE TRUST [SECONDS SINCE 1970]

Prints the first check that fails, or the statement, and ends with 1 or 0. It asks for no more than is needed to disagree with
a forgery: where hourledger tells invalid from undetermined, this one only knows good and not good.
"""

import base64
import hashlib
import json
import re
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
MEDIA_TYPE = "application/vnd.hourledger.bundle+json;version=2"
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


def split_hashes(data: bytes) -> list[bytes]:
    require(len(data) % 32 == 0, "format")
    return [data[place : place + 32] for place in range(0, len(data), 32)]


def verify_entries(entries: Mapping[int, bytes], hashes: list[bytes], size: int, root: bytes) -> None:
    left = list(hashes)

    def compute(begin: int, end: int) -> bytes:
        if not any(begin <= index < end for index in entries):
            require(left, "records")
            return left.pop(0)
        if end - begin == 1:
            return sha256(b"\x00", entries[begin])
        middle = begin + (1 << (end - begin - 1).bit_length() - 1)
        return sha256(b"\x01", compute(begin, middle), compute(middle, end))

    require(entries and all(0 <= index < size for index in entries), "records")
    require(compute(0, size) == root and not left, "records")


def verify_values(items: list[Json], hashes: list[bytes], state_root: bytes) -> None:
    left = list(hashes)

    def compute(keys: list[Json], depth: int) -> bytes:
        if not keys:
            require(left, "state")
            return left.pop(0)
        if any(item["depth"] <= depth for item in keys):
            return compute_end(keys, depth)
        sides: tuple[list[Json], list[Json]] = ([], [])
        for item in keys:
            sides[int.from_bytes(item["hash"], "big") >> (255 - depth) & 1].append(item)
        return sha256(b"JMT::IntrnalNode", *[compute(side, depth + 1) for side in sides])

    for item in items:
        item["hash"] = sha256(item["key"])
    require((compute(items, 0) == state_root if items else True) and not left, "state")


def compute_end(keys: list[Json], depth: int) -> bytes:
    leaves = {item["leaf"] if item["value"] is None else item["hash"] + sha256(item["value"]) for item in keys}
    require(len(leaves) == 1 and all(item["depth"] == depth for item in keys), "state")
    (leaf,) = leaves
    for item in keys if leaf else ():
        different = int.from_bytes(leaf[:32], "big") ^ int.from_bytes(item["hash"], "big")
        require(different >> (256 - depth) == 0 and (different == 0) == (item["value"] is not None), "state")
    return sha256(b"JMT::LeafNode", leaf) if leaf else EMPTY_PLACE


def read_bundle(document: Json) -> None:
    members = {"mediaType", "checkpoint", "entries", "logProof", "values", "stateProof", "openings"}
    require(set(document) == members and document["mediaType"] == MEDIA_TYPE, "format")
    for name in ("logProof", "stateProof"):
        document[name] = split_hashes(unpack64(document[name]))
    for item in document["entries"]:
        require(set(item) == {"index", "entry"} and type(item["index"]) is int, "format")
        item["entry"] = unpack64(item["entry"])
    for item in document["values"]:
        require({"key", "value", "depth"} <= set(item) <= {"key", "value", "depth", "leaf"}, "format")
        require(type(item["depth"]) is int and 0 <= item["depth"] <= 256, "format")
        require("leaf" not in item or item["value"] is None, "format")
        item.update(key=unpack64(item["key"]), leaf=unpack64(item.get("leaf", "")))
        require("leaf" not in item or len(item["leaf"]) in {0, 64}, "format")
        item["value"] = None if item["value"] is None else unpack64(item["value"])
    indexes = [item["index"] for item in document["entries"]]
    keys = [item["key"] for item in document["values"]]
    opened = [item["index"] for item in document["openings"]]
    for ascending in (indexes, keys, opened):
        require(ascending == sorted(set(ascending)), "format")


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
    methods = {proof["verificationMethod"] for proof in document["proof"]}
    require(
        [p["cryptosuite"] for p in document["proof"]] in (["eddsa-jcs-2022"], ["eddsa-jcs-2022", "eddsa-rdfc-2022"]),
        "signature",
    )
    require(len(methods) == 1, "signature")
    (method,) = methods
    did, _, fragment = method.partition("#")
    is_site = re.fullmatch(rf"did:web:(?=.{{1,253}}$){LABEL}(\.{LABEL})+", did)
    require(fragment[:1] == "z" and (is_site or did == f"did:key:{fragment}"), "signature")
    key = base58_decode(fragment[1:])
    require(key[:2] == b"\xed\x01" and len(key) == 34 and base58_encode(key) == fragment[1:], "signature")
    for proof in document["proof"]:
        verify_proof(document, proof, key[2:])
    return key[2:], did


def verify_proof(document: Json, proof: Json, key: bytes) -> None:
    is_jcs = proof["cryptosuite"] == "eddsa-jcs-2022"
    members = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
    require(set(proof) == members | ({"@context"} if is_jcs else set()), "signature")
    require(proof.get("@context", document["@context"]) == document["@context"], "signature")
    require(proof["type"] == "DataIntegrityProof" and proof["proofPurpose"] == "assertionMethod", "signature")
    parse_time(proof["created"])
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    make = canonical if is_jcs else canonical_rdf
    signature = base58_decode(proof["proofValue"][1:])
    require(proof["proofValue"] == "z" + base58_encode(signature), "signature")
    verify_ed25519(key, sha256(make(options)) + sha256(make(unsigned)), signature, "signature")


LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def base58_encode(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + text


def read_terms() -> Json:
    """The table of the page: of each type its meaning (nothing for any node) and its terms."""
    page = (TEMPLATE.parents[1] / "certificate.md").read_text(encoding="utf-8")
    table: Json = {}
    terms: Json = {}
    for line in page.split("<!-- example: terms -->")[1].split("```")[1].splitlines()[1:]:
        name, *rest = line.split()
        if line.startswith("  "):
            terms[name] = rest
        else:
            terms = {}
            table[name] = ("".join(rest), terms)
    return table


def canonical_rdf(document: Json) -> bytes:
    table = read_terms()
    lines: list[tuple[str, str, str]] = []

    def add(node: Json) -> str:
        subject = f"<{node['id']}>" if "id" in node else f"_:b{len(lines)}"
        lines.append((subject, "", ""))
        types = node.get("type", [])
        terms = dict(table["*"][1])
        for name in types if isinstance(types, list) else [types]:
            lines.append((subject, RDF_TYPE, table[name][0]))
            terms |= table[name][1]
        for name, value in node.items():
            if name not in {"id", "type", "@context"}:
                meaning, *rule = terms[name]
                for item in value if isinstance(value, list) else [value]:
                    said = add(item) if isinstance(item, dict) else write(item, rule)
                    lines.append((subject, meaning, said))
        return subject

    def write(value: Any, rule: list[str]) -> str:
        require(type(value) in {int, str}, "signature")
        if rule[0] == "name":
            return f"<{value}>"
        if rule[0] == "literal":
            text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
            return f'"{text}"' + (f"^^{rule[1]}" if not rule[1].endswith("XMLSchema#string>") else "")
        require(value == rule[0], "signature")
        return rule[1]

    add(document)
    triples = {line for line in lines if line[1]}
    blank = {node for line in triples for node in line if node.startswith("_:b")}

    hashes = {}
    for node in blank:
        others = "".join(
            sorted(
                " ".join("_:a" if word == node else "_:z" if word in blank else word for word in line) + " .\n"
                for line in triples
                if node in line
            )
        )
        hashes[sha256(others.encode()).hex()] = node
    require(len(hashes) == len(blank), "signature")
    names = {node: f"_:c14n{number}" for number, (_hash, node) in enumerate(sorted(hashes.items()))}
    return "".join(sorted(" ".join(names.get(word, word) for word in line) + " .\n" for line in triples)).encode()


RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def verify_licence(values: Values, record: Json, signer: bytes) -> tuple[str, bool]:
    """The organisation's name, and whether the volunteer signed."""
    value = values.get(b"organisation/" + record["organisation"])
    require(value is not None, "licence")
    name, standing, officers, _approvals = decode(value or b"")
    account = values.get(b"volunteer/" + record["volunteer"])
    is_own = account is not None and decode(account)[0] == signer
    require(standing == 1 and (signer in officers or is_own), "licence")
    return str(name), signer not in officers


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
    require({item["index"] for item in openings} <= set(records), "details")
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


def make_certificate_id(document: Json, organisation: bytes, position: int | None) -> str:
    said = "" if position is None else str(position)
    parts = (document["issuer"]["id"], document["validFrom"], said, document["evidence"][0]["id"])
    content = sha256(b"hourledger/certificate-id/v2\x00", "\x00".join(parts).encode())
    digest = bytearray(sha256(b"hourledger/certificate-number/v1\x00", organisation, content)[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "urn:uuid:" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def read_position(document: Json) -> int | None:
    if "credentialStatus" not in document:
        return None
    entry = document["credentialStatus"][0]
    number, index = int(entry["statusListCredential"].split("/")[-2]), int(entry["statusListIndex"])
    require(0 <= index < 131_072 and 0 <= number < 16_384, "format")
    return number * 131_072 + index


def make_status(base: str, position: int) -> list[Json]:
    number, index = divmod(position, 131_072)
    return [
        {
            "id": f"{base}/v1/status-lists/{number}/{purpose}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(index),
            "statusListCredential": f"{base}/v1/status-lists/{number}/{purpose}",
        }
        for purpose in ("revocation", "suspension", "refresh")
    ]


def make_document(document: Json, did: str, chain_id: str, licence: tuple[str, bool], records: Records) -> Json:
    """Make the document again: the template of the page, and the evidence, position and time of issue of this one."""
    name, is_own = licence
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
    template.update(validFrom=issued, awardedDate=issued)
    template["issuer"].update(id=did, name="The volunteer · 志愿者本人" if is_own else name)
    template["issuer"]["otherIdentifier"][0].update(
        identifier=f"{chain_id}/volunteers/{volunteer}" if is_own else f"{chain_id}/organisations/{organisation}",
        identifierType="ext:hourledger-volunteer" if is_own else "ext:hourledger-organisation",
    )
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
    subject["achievement"]["creator"].update(id=f"{base}/organisations/{organisation}", name=name)
    for place, (result, value) in enumerate((("minutes", minutes), ("records", count))):
        subject["achievement"]["resultDescription"][place]["id"] = f"{base}/results/{result}"
        subject["result"][place].update(resultDescription=f"{base}/results/{result}", value=str(value))
    position = read_position(document)
    if position is not None:
        template["credentialStatus"] = make_status(base, position)
    template["id"] = make_certificate_id(template, first_record["organisation"], position)
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
    verify_entries({item["index"]: item["entry"] for item in bundle["entries"]}, bundle["logProof"], *checkpoint[1:])
    header = read_header(bundle, checkpoint)
    verify_values(bundle["values"], bundle["stateProof"], header[STATE_ROOT])
    values = {item["key"]: item["value"] for item in bundle["values"]}
    records = read_records(bundle)
    licence = verify_licence(values, next(iter(records.values())), signer)
    verify_status(values, records)
    verify_details(bundle["openings"], records)
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    require(canonical(unsigned) == canonical(make_document(document, did, header[1], licence, records)), "claims")
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
