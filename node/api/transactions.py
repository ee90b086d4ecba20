"""Sending transactions and asking what became of them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from ledger import codec
from ledger.codec import Codec, decode
from ledger.errors import HourledgerError, RowOutcome
from ledger.events import Outcome
from ledger.reasons import EXPLANATIONS, Reason
from ledger.transactions import MAX_TRANSACTION_BYTES
from ledger.types import Hash
from node.api.errors import Reply, describe_error, make_retry_headers
from node.api.requests import get_service, read_body, read_transaction_id, read_wait, release_body
from node.chain import FoundOutcome
from node.service import LedgerService, compute_first_event
from node.waiters import Answer

MAX_ENVELOPE_BYTES: Final = MAX_TRANSACTION_BYTES
MAX_SENT_TOGETHER: Final = 256
MAX_TOGETHER_BYTES: Final = 2 << 20
together_codec: Codec[tuple[bytes, ...]] = codec.sequence(
    codec.binary("envelope", 1, MAX_TRANSACTION_BYTES), 1, MAX_SENT_TOGETHER
)
"""Several envelopes in one body: a MessagePack list of byte strings. Each is a transaction of its own."""


def format_outcome(outcome: Outcome, found: FoundOutcome | None = None) -> dict[str, Any]:
    """Return the JSON object of an outcome; its place in the log is null where it is not recorded."""
    explanation = None if outcome.reason is None else EXPLANATIONS[outcome.reason]
    return {
        "height": outcome.height,
        "accepted": outcome.is_accepted,
        "reason": None if outcome.reason is None else outcome.reason.value,
        "value": outcome.value,
        "detail": "" if explanation is None else explanation.meaning,
        "next_step": "" if explanation is None else explanation.next_step,
        "rows": [_format_row(row) for row in outcome.rows],
        "event_count": outcome.event_count,
        "entry_index": None if found is None else found.index,
        "first_event_index": None if found is None else compute_first_event(found),
    }


def _format_row(row: RowOutcome | None) -> dict[str, str] | None:
    return None if row is None else {"reason": row.reason.value, "value": row.value}


def _format(transaction_id: Hash, found: FoundOutcome | None) -> dict[str, Any]:
    if found is None:
        return {"transaction_id": transaction_id.hex(), "status": "pending"}
    outcome = format_outcome(found.outcome, found)
    return {"transaction_id": transaction_id.hex(), "status": "final", "outcome": outcome}


def _reply(transaction_id: Hash, found: FoundOutcome | None) -> Reply:
    return Reply(202 if found is None else 200, msgspec.json.encode(_format(transaction_id, found)))


async def submit(request: web.Request) -> web.Response:
    """Take a transaction and wait for its outcome."""
    wait = read_wait(request)
    body = await read_body(request, MAX_ENVELOPE_BYTES)
    reply = await reply_to_one(get_service(request), body, wait, lambda: release_body(request))
    return reply.to_response()


async def reply_to_one(service: LedgerService, body: bytes, seconds: int, _release: Callable[[], None]) -> Reply:
    """Take the transaction that a body is, and wait for its outcome."""
    transaction_id = await service.submit(body)
    return _reply(transaction_id, await service.wait(transaction_id, seconds))


async def submit_together(request: web.Request) -> web.Response:
    """Take several transactions and wait for their outcomes; each is taken or refused for itself, in order."""
    wait = read_wait(request)
    body = await read_body(request, MAX_TOGETHER_BYTES)
    reply = await reply_to_several(get_service(request), body, wait, lambda: release_body(request))
    return reply.to_response()


async def reply_to_several(service: LedgerService, body: bytes, seconds: int, release: Callable[[], None]) -> Reply:
    """Take the transactions in a body and wait for their outcomes; nobody looks at the body once `release` is called."""
    envelopes = decode(together_codec, body, max_bytes=MAX_TOGETHER_BYTES)
    taken = await service.submit_all(envelopes)
    del envelopes
    release()
    busy = [item for item in taken if isinstance(item, HourledgerError) and item.reason is Reason.BUSY]
    if len(busy) == len(taken):
        raise busy[0]
    answers = await service.wait_for_all([item for item in taken if not isinstance(item, HourledgerError)], seconds)
    headers = make_retry_headers(service.estimate_wait_seconds()) if busy else None
    return Reply(200, msgspec.json.encode({"results": [_format_result(item, answers) for item in taken]}), headers)


def _format_result(taken: Hash | HourledgerError, answers: Mapping[Hash, Answer]) -> dict[str, Any]:
    """Return the JSON object of one of several: final, pending, or refused before any block had it."""
    if isinstance(taken, HourledgerError):
        return {"status": "refused", "error": describe_error(taken)}
    answer = answers.get(taken)
    if isinstance(answer, HourledgerError):
        return {"status": "refused", "error": describe_error(answer)}
    return _format(taken, answer)


async def try_out(request: web.Request) -> web.Response:
    """Say what would become of a transaction now, and record nothing."""
    outcome = await get_service(request).try_out(await read_body(request, MAX_ENVELOPE_BYTES))
    if isinstance(outcome, FoundOutcome):
        return web.json_response({"outcome": format_outcome(outcome.outcome, outcome)})
    return web.json_response({"outcome": format_outcome(outcome)})


async def show(request: web.Request) -> web.Response:
    """Say what became of a transaction."""
    wait = read_wait(request) if "wait" in request.query else 0
    service = get_service(request)
    transaction_id = read_transaction_id(request)
    found = service.find_outcome(transaction_id)
    if found is None and transaction_id not in service.mempool:
        raise HourledgerError(Reason.NOT_FOUND, "the node does not know the transaction", transaction_id.hex())
    return _reply(transaction_id, await service.wait(transaction_id, wait)).to_response()
