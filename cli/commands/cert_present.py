"""`cert present`: a volunteer makes a certificate, with nobody's help."""

from pathlib import Path

import click

from certificates.evidence import Evidence, parse_evidence
from certificates.jcs import encode_jcs, parse_json_object
from certificates.verification import MAX_CERTIFICATE_BYTES
from cli.office.files import write_whole
from cli.options import PATH, RECORDS
from cli.presenting import Presenter
from cli.reading import read_bounded
from cli.selection import Selection
from cli.session import Session, asks_with_key, compute_now_ms
from ledger.errors import HourledgerError
from ledger.reasons import Reason


def read_evidence(data: bytes, name: str) -> Evidence:
    """Return the evidence in a certificate; raise `HourledgerError` for what is none."""
    match parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES):
        case {"evidence": [{"id": str(evidence_uri)}]}:
            return parse_evidence(evidence_uri)
    raise HourledgerError(Reason.MALFORMED, "the file is not a certificate of this ledger", name)


@click.command("present")
@click.argument("file", type=PATH)
@click.option("--out", type=PATH, required=True, help="The file to write.")
@click.option("--records", type=RECORDS, default="all", help="The records that it is about: all, or numbers as in 1,3-5.")
@click.option("--open", "opened", type=RECORDS, help="Whose details it opens: all, none, or numbers. Otherwise as in FILE.")
@click.option("--offline", is_flag=True, help="Use the proof in FILE, which must show the account, and ask no node.")
@asks_with_key
def present(session: Session, *, file: Path, out: Path, records: Selection, opened: Selection | None, offline: bool) -> None:
    """Make a certificate of your own from the one in FILE, signed by the key of your account.

    You choose which records are in it, and of which one can read more than date and minutes. The totals are those of all
    records in it. hourledger cert show numbers them. The node proves that they are still current.
    """
    evidence = read_evidence(read_bounded(file, MAX_CERTIFICATE_BYTES, "the certificate"), str(file))
    presenter = Presenter(session.load_key(), None if offline else session.client)
    document = presenter.present(evidence, records, opened, compute_now_ms())
    write_whole(out, encode_jcs(document))
    session.output.give({"certificate": str(out), "id": document["id"]}, f"The certificate {document['id']} is in {out}.")


COMMANDS = (present,)
