"""Time sent to another region in one go: sent once, however often the command is said, and its proof saved.

What is signed is kept beside the file that is to come, before it is sent. After a crash of the node or of this program the same
transaction is sent again, which the ledger answers with its first outcome; so the same words never send time twice.
"""

from dataclasses import replace
from pathlib import Path

from cli.office.builders import DIRECT_VALIDITY_MS, build_transaction, sign_all
from cli.office.describing import decode_body
from cli.office.drafts import load_draft, save_draft
from cli.regions import save_transfer
from cli.session import Session, compute_now_ms
from contracts.regions.leaving import SendTime
from ledger.errors import HourledgerError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.transactions import SignedTransaction, decode_payload

KIND = "regions.send_time"


def send_and_save(session: Session, body: SendTime, out: Path) -> None:
    """Send time, or finish what an earlier command began, and write the proof to `out`.

    Raises `HourledgerError`: ALREADY_EXISTS where `out` is there, or the transfer that was begun is another one.
    """
    if out.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "the file is there already; another transfer needs another file", str(out))
    kept = out.with_name(f"{out.name}.draft")
    key = session.load_key()
    signed = _load(kept, body) if kept.exists() else _sign(session, body)
    if session.is_dry_run:
        session.submit(signed, "")
        return
    save_draft(kept, signed)
    try:
        # What could not be brought to its end stays where it is kept.
        outcome = replace(session, draft=kept).settle(signed)
    except HourledgerError as error:
        if EXPLANATIONS[error.reason].exit_code is ExitCode.REFUSED:
            kept.unlink(missing_ok=True)
        raise
    save_transfer(session.client, signed.transaction_id, key, out)
    kept.unlink(missing_ok=True)
    done = f"{body.minutes} minutes have left for {body.region}; the proof is in {out}"
    session.tell(signed, outcome, done, file=str(out))


def _sign(session: Session, body: SendTime) -> SignedTransaction:
    unsigned = build_transaction(session.client.get_status().chain_id, KIND, body, compute_now_ms() + DIRECT_VALIDITY_MS)
    return sign_all(unsigned, session.load_keys())


def _load(kept: Path, body: SendTime) -> SignedTransaction:
    """Return the transaction that was begun; raise `HourledgerError` unless it is this transfer."""
    signed = load_draft(kept)
    transaction = decode_payload(signed)
    if transaction.kind != KIND or decode_body(transaction) != body:
        detail = "another transfer was begun there; finish it with the words that began it, or name another file"
        raise HourledgerError(Reason.ALREADY_EXISTS, detail, str(kept))
    return signed
