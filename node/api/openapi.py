"""The description of the interface (OpenAPI 3.1). A test holds it against the endpoints and against what a node answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from certificates.artefacts import MAX_ARTEFACT_BYTES
from certificates.bitstring_list import MEDIA_TYPE as LIST_MEDIA_TYPE
from certificates.bitstring_list import Purpose
from certificates.card import MEDIA_TYPE as CARD_MEDIA_TYPE
from certificates.status_list import MEDIA_TYPE as TOKEN_MEDIA_TYPE
from certificates.status_uris import MAX_LISTS
from node.api import bundles, checking, histories, own_records, questions, requests, transactions
from node.api.schemas import (
    HASH,
    IDENTIFIER,
    NUMBER,
    SCHEMAS,
    TEXT,
    TIME_MS,
    Schema,
    bytes_in_hex,
    list_of,
    members,
    one_of,
    ref,
    some_bytes_in_hex,
)

INTERFACE_VERSION: Final = "1.0.0"
JSON: Final = "application/json"
PLAIN: Final = "text/plain"
BINARY: Final = "application/octet-stream"
TRANSACTION: Final = "application/vnd.hourledger.transaction"
TRANSACTIONS: Final = "application/vnd.hourledger.transactions"


class Access(Enum):
    """Who gets an answer."""

    PUBLIC = "public"
    BY_CONTENT = "by content"
    """Public, or for its parties only: it depends on what is asked for."""
    PARTIES = "parties"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or answered: media type, and the schema of JSON (None for text and bytes)."""

    media_type: str
    schema: Schema | None = None
    other_types: tuple[str, ...] = ()
    """Media types of what may be sent instead, as bytes."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, or an optional one in the query."""

    name: str
    schema: Schema
    description: str
    place: str = "path"


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint. `statuses` are the answers other than 200 that are its own; those of parameters and bodies follow."""

    summary: str
    answer: Body
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    access: Access = Access.PUBLIC
    statuses: tuple[int, ...] = ()


def _in_query(name: str, schema: Schema, description: str) -> Parameter:
    return Parameter(name, schema, description, "query")


def _json(name: str) -> Body:
    return Body(JSON, ref(name))


_ID: Final = Parameter("id", IDENTIFIER, "16 bytes")
_INDEX: Final = Parameter("index", NUMBER, "position in the log, from 0")
_TRANSACTION_ID: Final = Parameter("id", HASH, "hash of the transaction's payload")
_WAIT: Final = _in_query(
    "wait", {"type": "integer", "minimum": 0, "maximum": requests.MAX_WAIT_S}, "seconds to wait for the outcome"
)
_BUNDLE_REQUEST: Final = members(
    {
        "entries": list_of(NUMBER, bundles.MAX_ITEMS),
        "keys": list_of(some_bytes_in_hex(bundles.MAX_KEY_BYTES), bundles.MAX_ITEMS),
    }
)
_QUESTION: Final[Schema] = members(
    {"document": {"type": ["object", "string"]}},
    {
        "trust": list_of(TEXT, checking.MAX_TRUST_FILES),
        "at_time_ms": TIME_MS,
        "max_age_s": NUMBER,
        "status": TEXT,
        "nonce": TEXT,
        "audience": TEXT,
    },
)
_FILE_TYPES: Final = (JSON, PLAIN, "image/png", "image/jpeg", "image/webp", "application/pdf")
_PAGE_OF_ENTRIES: Final = (
    _in_query("from", NUMBER, "position in the log to begin at"),
    _in_query("limit", {"type": "integer", "minimum": 0, "maximum": histories.MAX_PAGE}, "entries of a page"),
)
_PAGE_OF_QUESTIONS: Final = (
    _in_query("from", some_bytes_in_hex(32), "place to begin at, as `next` gives it"),
    _in_query("limit", {"type": "integer", "minimum": 0, "maximum": questions.MAX_PAGE}, "items of a page"),
)
_ENVELOPE: Final = Body(TRANSACTION)
_LIST: Final = Parameter("list", {"type": "integer", "minimum": 0, "maximum": MAX_LISTS - 1}, "number of the list, from 0")
_CARD_REQUEST: Final = members({"volunteer": IDENTIFIER}, {"star_award": IDENTIFIER})

OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = MappingProxyType(
    {
        ("POST", "/v1/transactions"): Operation(
            "Send a transaction and wait for its outcome. Sent again, it is answered with its first outcome.",
            _json("Final"),
            (_WAIT,),
            _ENVELOPE,
            statuses=(202, 403, 422, 503),
        ),
        ("POST", "/v1/transactions/together"): Operation(
            f"Send up to {transactions.MAX_SENT_TOGETHER} transactions in one request, a MessagePack list of byte strings, "
            "and wait for their outcomes. Each is taken or refused for itself; the results are in the order of what was sent.",
            _json("Together"),
            (_WAIT,),
            Body(TRANSACTIONS),
            statuses=(503,),
        ),
        ("POST", "/v1/transactions/dry-run"): Operation(
            "Say what would become of a transaction now, and record nothing.",
            _json("DryRun"),
            body=_ENVELOPE,
            statuses=(422, 503),
        ),
        ("GET", "/v1/transactions/{id}"): Operation(
            "Say what became of a transaction.", _json("Final"), (_TRANSACTION_ID, _WAIT), statuses=(202, 403, 422, 503)
        ),
        ("GET", "/v1/party"): Operation(
            "Tell the signer in what role the request's key acts, and for whom.", _json("Party"), access=Access.PARTIES
        ),
        ("GET", "/v1/status"): Operation("Say where the chain stands.", _json("Status")),
        ("GET", "/v1/health"): Operation("Say whether the node takes transactions.", _json("Health"), statuses=(503,)),
        ("GET", "/v1/genesis"): Operation("Give the genesis file.", _json("Genesis")),
        ("GET", "/v1/trust"): Operation("Give the trust file of the authorities in force (C2SP tlog-policy).", Body(PLAIN)),
        ("GET", "/v1/words"): Operation("Give the words of reports in English and Chinese.", _json("Words")),
        ("GET", "/v1/authorities"): Operation(
            "Tell who decides on the next block, what is to change, and what each has approved.", _json("Authorities")
        ),
        ("GET", "/v1/regions"): Operation(
            "Tell which regions are trusted, under which trust file, and the newest checkpoint on record of each.",
            _json("Regions"),
        ),
        ("GET", "/v1/aggregates"): Operation(
            "Tell how many people have served in the region, in how many records, and for how many minutes.",
            _json("RegionSums"),
        ),
        ("GET", "/v1/activities/{id}/aggregates"): Operation(
            "Tell how many people attended an activity, and on how many days all together.",
            _json("ActivitySums"),
            (_ID,),
            statuses=(404, 503),
        ),
        ("GET", "/v1/governance"): Operation(
            "Tell the region's numbers and calendar, what is to change, and what each authority has approved.",
            _json("Governance"),
        ),
        ("GET", "/v1/handovers"): Operation(
            "Give the proven changes of the authorities, oldest first: each leads from one trust file to the next.",
            _json("Handovers"),
            (_in_query("from", NUMBER, "height from which a set decides, by default 0"),),
        ),
        ("GET", "/checkpoint"): Operation("Give the newest cosigned checkpoint (C2SP tlog-checkpoint).", Body(PLAIN)),
        ("GET", "/v1/checkpoint"): Operation("Give the newest cosigned checkpoint, as /checkpoint does.", Body(PLAIN)),
        ("GET", "/tile/{tile}"): Operation(
            "Give a tile of hashes (C2SP tlog-tiles). Bundles of entries are not public.",
            Body(BINARY),
            (Parameter("tile", TEXT, "level, position and, for a partial tile, width, such as `0/x001/067.p/12`"),),
            statuses=(403,),
        ),
        ("GET", "/v1/consistency"): Operation(
            "Prove that the log of one size is the beginning of a later one.",
            _json("Consistency"),
            (_in_query("old", NUMBER, "earlier size, by default 0"), _in_query("new", NUMBER, "later size, by default all")),
            statuses=(404,),
        ),
        ("GET", "/v1/entries/{index}"): Operation(
            "Give an entry of the log to those who may read it.", Body(BINARY), (_INDEX,), access=Access.BY_CONTENT
        ),
        ("GET", "/v1/entries/{index}/proof"): Operation(
            "Prove that an entry is in the log of the newest checkpoint (C2SP tlog-proof).", Body(PLAIN), (_INDEX,)
        ),
        ("POST", "/v1/bundles"): Operation(
            "Prove entries and values together at the newest checkpoint.",
            _json("Bundle"),
            body=Body(JSON, _BUNDLE_REQUEST),
            access=Access.BY_CONTENT,
            statuses=(404, 503),
        ),
        ("GET", "/v1/organisations/{id}"): Operation("Show an organisation.", _json("Organisation"), (_ID,)),
        ("GET", "/v1/organisations/{id}/entries"): Operation(
            "List an organisation's entries that the signer may read. A page may be empty and not the last.",
            _json("Entries"),
            (_ID, *_PAGE_OF_ENTRIES),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/organisations/{id}/overdue"): Operation(
            "Count the disputes and claims that an organisation has not answered, and those whose day is over.",
            _json("Overdue"),
            (_ID,),
            statuses=(503,),
        ),
        ("GET", "/v1/organisations/{id}/disputes"): Operation(
            "List open disputes: all of them for the organisation's officers, their own for volunteers.",
            _json("Disputes"),
            (_ID, *_PAGE_OF_QUESTIONS),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/organisations/{id}/claims"): Operation(
            "List the records that are said to be missing, to the officers all of them, to volunteers their own.",
            _json("Claims"),
            (_ID, *_PAGE_OF_QUESTIONS),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/merchants/{id}"): Operation("Show a merchant.", _json("Merchant"), (_ID,)),
        ("GET", "/v1/merchants/{id}/account"): Operation(
            "Show a merchant its balance.", _json("MerchantAccount"), (_ID,), access=Access.PARTIES
        ),
        ("GET", "/v1/activities/{id}"): Operation("Show an activity.", _json("Activity"), (_ID,)),
        ("GET", "/v1/activities/{id}/sign-ups/{volunteer}"): Operation(
            "Tell a volunteer, and the organisation, how the volunteer stands to an activity.",
            _json("SignUp"),
            (_ID, Parameter("volunteer", IDENTIFIER, "16 bytes")),
            access=Access.PARTIES,
        ),
        ("GET", "/v1/projects/{id}"): Operation("Show a project.", _json("Project"), (_ID,)),
        ("GET", "/v1/offers/{id}"): Operation("Show an offer.", _json("Offer"), (_ID,)),
        ("GET", "/v1/erasures/{id}"): Operation("Tell when the account of a volunteer was erased.", _json("Erasure"), (_ID,)),
        ("GET", "/v1/volunteers/{id}"): Operation(
            "Show a volunteer the account. Expired points are listed and do not count.",
            _json("Volunteer"),
            (_ID,),
            access=Access.PARTIES,
            statuses=(410,),
        ),
        ("GET", "/v1/volunteers/{id}/entries"): Operation(
            "List a volunteer's entries that the signer may read. A page may be empty and not the last.",
            _json("Entries"),
            (_ID, *_PAGE_OF_ENTRIES),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/volunteers/{id}/records"): Operation(
            "List a volunteer's records as they stand, by month: all of them for the volunteer, an organisation its own.",
            _json("Records"),
            (_ID, _in_query("from", bytes_in_hex(own_records.MONTH_BYTES), "month to begin at, as `next` gives it")),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/volunteers/{id}/merits"): Operation(
            "Show a volunteer imported totals, trainings and awards.",
            _json("Merits"),
            (_ID,),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/volunteers/{id}/score"): Operation(
            "Show a volunteer the score of this calendar year, the version of its formula, and its inputs.",
            _json("Score"),
            (_ID,),
            access=Access.PARTIES,
            statuses=(503,),
        ),
        ("GET", "/v1/volunteers/{id}/time"): Operation(
            "Show a person the account of saved time.", _json("TimeAccount"), (_ID,), access=Access.PARTIES
        ),
        ("GET", "/v1/timebank"): Operation("Tell what the pool has, and what is saved in all.", _json("TimeBank")),
        ("GET", "/v1/holds/{id}"): Operation(
            "Show a hold to its volunteer and its merchant.", _json("Hold"), (_ID,), access=Access.PARTIES
        ),
        ("POST", "/v1/holds/{id}/card"): Operation(
            "Write a counter card for the merchant of a hold: good for so many points, once, until then.",
            _json("MerchantCard"),
            (_ID,),
            access=Access.PARTIES,
            statuses=(422,),
        ),
        ("GET", "/v1/volunteers/{id}/card"): Operation(
            "Show which business card of a volunteer is on record.", _json("Card"), (_ID,), access=Access.PARTIES
        ),
        ("POST", "/v1/cards"): Operation(
            "Write the volunteer's business card with all its disclosures (SD-JWT VC).",
            Body(CARD_MEDIA_TYPE),
            body=Body(JSON, _CARD_REQUEST),
            access=Access.PARTIES,
            statuses=(404, 422, 503),
        ),
        ("POST", "/v1/cards/counter"): Operation(
            "Write a counter card for an organisation's desk: an account and its stars, for some minutes.",
            _json("DeskCard"),
            body=Body(JSON, _CARD_REQUEST),
            access=Access.PARTIES,
            statuses=(404, 422),
        ),
        ("GET", "/v1/status-lists/{list}"): Operation(
            "Give a Token Status List, signed by the node.", Body(TOKEN_MEDIA_TYPE), (_LIST,), statuses=(503,)
        ),
        ("GET", "/v1/status-lists/{list}/{purpose}"): Operation(
            "Give a Bitstring Status List credential, signed by the node.",
            Body(LIST_MEDIA_TYPE),
            (_LIST, Parameter("purpose", one_of(*Purpose), "what a bit of 1 says")),
            statuses=(503,),
        ),
        ("GET", "/v1/status-positions/free"): Operation(
            "Tell a status position that nobody has taken, drawn at random. It is not reserved.",
            _json("FreePosition"),
            statuses=(404, 503),
        ),
        ("GET", "/v1/certificates/{id}"): Operation(
            "Check a certificate by its number: number, period, total and status, and nothing else.",
            _json("RegisteredCertificate"),
            (Parameter("id", IDENTIFIER, "number of the certificate: the 16 bytes of its UUID"),),
        ),
        ("GET", "/v1/certificates/{id}/code"): Operation(
            "Give the certificate in one code, for a QR code on paper, under the newest checkpoint. "
            "One that is revoked, suspended or superseded gets none.",
            Body(PLAIN),
            (Parameter("id", IDENTIFIER, "number of the certificate: the 16 bytes of its UUID"),),
            statuses=(422, 503),
        ),
        ("GET", "/v1/stars/{id}"): Operation(
            "Show a star award to the volunteer, the organisation, and those who objected.",
            _json("Star"),
            (_ID,),
            access=Access.PARTIES,
        ),
        ("GET", "/v1/sanctions/{id}"): Operation(
            "Show a sanction to the volunteer and the organisation.", _json("Sanction"), (_ID,), access=Access.PARTIES
        ),
        ("GET", "/v1/orders/{id}"): Operation(
            "Show an order to the organisation and the volunteer who was sent.", _json("Order"), (_ID,), access=Access.PARTIES
        ),
        ("GET", "/v1/reports/{id}"): Operation(
            "Tell who put a report's hash on record, and from which block it was made.",
            _json("AnchoredReport"),
            (Parameter("id", HASH, "SHA-256 of the report"),),
        ),
        ("GET", "/v1/state/{key}"): Operation(
            "Give the value of a state key, and its proof under the newest block's state root.",
            _json("StateValue"),
            (Parameter("key", some_bytes_in_hex(256), "state key"),),
            access=Access.BY_CONTENT,
        ),
        ("POST", "/v1/verify"): Operation(
            f"Verify a certificate, a card, a code or a status list, of at most {MAX_ARTEFACT_BYTES} bytes, also in a picture "
            "or a PDF file; or answer a question about one. The answer is a report, whatever the verdict.",
            _json("Report"),
            body=Body(checking.QUESTION_TYPE, _QUESTION, _FILE_TYPES),
            statuses=(503,),
        ),
        ("GET", "/v1/openapi.json"): Operation("Give this description.", Body(JSON, {"type": "object"})),
    }
)

STATUSES: Final[Mapping[int, str]] = MappingProxyType(
    {
        202: "It is not final yet; ask again.",
        400: "The request is not in the form described.",
        401: "The answer is for its parties, and the request is not signed by anybody known.",
        403: "The signer may not have it.",
        404: "There is no such thing.",
        408: "The body did not come in time.",
        410: "It was there, and is erased.",
        413: "The body, or what it asks for, is too large.",
        422: "The transaction may not enter a block.",
        503: "Not now: see Retry-After, or the reason.",
    }
)
_SIGNED: Final = (
    "One RFC 9421 signature labelled `sig1` over `@method`, `@path` and `@query`, and over `content-digest` (RFC 9530, "
    "sha-256) where there is a body; parameters `created` (seconds, within 300 of the node's clock), `keyid` (public key in "
    'hex) and `alg="ed25519"`, in that order. See docs/adr/0004-signed-requests.md.'
)


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _describe_operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hourledger node",
            "version": INTERFACE_VERSION,
            "summary": "A ledger of volunteer service hours.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "responses": {"Error": {"description": "An error.", "content": _describe_body(_json("Error"))}},
            "securitySchemes": {"signature": {"type": "apiKey", "in": "header", "name": "Signature", "description": _SIGNED}},
        },
    }


def compute_statuses(operation: Operation) -> tuple[int, ...]:
    """Return the statuses besides 200 with which an operation may be answered."""
    statuses = {400, *operation.statuses}
    if operation.body is not None:
        statuses |= {408, 413}
    if any(parameter.place == "path" for parameter in operation.parameters):
        statuses |= {404}
    if operation.access is not Access.PUBLIC:
        statuses |= {401, 403}
    return tuple(sorted(statuses))


def _describe_operation(operation: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {"200": {"description": "The answer.", "content": _describe_body(operation.answer)}},
    }
    for status in compute_statuses(operation):
        document["responses"][str(status)] = _describe_status(operation, status)
    document["responses"]["default"] = {"$ref": "#/components/responses/Error"}
    if operation.parameters:
        document["parameters"] = [_describe_parameter(parameter) for parameter in operation.parameters]
    if operation.body is not None:
        document["requestBody"] = {"required": True, "content": _describe_body(operation.body)}
    if operation.access is not Access.PUBLIC:
        anybody: list[dict[str, Any]] = [{}] if operation.access is Access.BY_CONTENT else []
        document["security"] = [*anybody, {"signature": []}]
    return document


def _describe_status(operation: Operation, status: int) -> dict[str, Any]:
    name = "Error"
    if status == 202:
        name = "Pending"
    elif status == 503 and operation.answer.schema == ref("Health"):
        name = "Unhealthy"
    response: dict[str, Any] = {"description": STATUSES[status], "content": _describe_body(_json(name))}
    if status == 503:
        response["headers"] = {"Retry-After": {"description": "Seconds, where waiting helps.", "schema": NUMBER}}
    return response


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _describe_body(body: Body) -> dict[str, Any]:
    first = {body.media_type: {} if body.schema is None else {"schema": body.schema}}
    return first | {name: {} for name in body.other_types}
