"""Other regions: which are trusted here, their checkpoints, and time that moves between them and this one."""

from pathlib import Path

import click

from cli.office.client import NodeClient
from cli.options import IDENTIFIER, PATH
from cli.output import format_json
from cli.reading import read_bounded
from cli.regions import MAX_TRANSFER_BYTES, build_receipt, compose_checkpoint, read_region, save_transfer
from cli.session import Session, asks, asks_with_key, sends
from cli.transfers import send_and_save
from contracts.regions.leaving import SendTime
from contracts.regions.trusted import MAX_TRUST_BYTES, TrustRegion
from ledger.types import Hash, Identifier, Minutes


@click.group()
def command() -> None:
    """Other regions: trusted by vote; time sent to them and received from them."""


@command.command("show")
@asks
def show(session: Session) -> None:
    """Show which regions are trusted, under which trust file, and the newest checkpoint on record of each."""
    document = session.client.get_json("/v1/regions")
    session.output.give(document, format_json(document))


@command.command("trust")
@click.argument("file", type=PATH)
@sends
def trust(session: Session, *, file: Path) -> None:
    """Approve the trust file in FILE for the region that it names. It counts once a quorum of authorities has approved it."""
    data = read_bounded(file, MAX_TRUST_BYTES, "the trust file")
    region = read_region(data)
    session.carry_out("regions.trust", TrustRegion(region, data), f"Trust in {region} is approved", region=region)


@command.command("distrust")
@click.argument("region")
@sends
def distrust(session: Session, *, region: str) -> None:
    """Approve that nothing from REGION, a chain's name, counts any more. What has arrived stays."""
    session.carry_out("regions.trust", TrustRegion(region, b""), f"The end of trust in {region} is approved", region=region)


@command.command("checkpoint")
@click.argument("url")
@sends
def checkpoint(session: Session, *, url: str) -> None:
    """Put the newest checkpoint of another region on record: its node's at URL, with the proof that its history goes on."""
    with NodeClient(url) as other:
        body, size = compose_checkpoint(session.client, other)
    done = f"The checkpoint of {body.region} over {size} entries is on record"
    session.carry_out("regions.accept_checkpoint", body, done, region=body.region, size=size)


@command.command("send")
@click.argument("volunteer", type=IDENTIFIER)
@click.option("--to", "region", required=True, help="The chain's name of the other region.")
@click.option("--recipient", type=IDENTIFIER, required=True, help="The volunteer's account there.")
@click.option("--minutes", type=click.IntRange(1), required=True, help="How much of what counts here is to count there.")
@click.option("--out", type=PATH, help="Save the proof too. Said again after a failure, time is not sent twice.")
@sends
def send(
    session: Session, *, volunteer: Identifier, region: str, recipient: Identifier, minutes: int, out: Path | None
) -> None:
    """Send time of VOLUNTEER to another region. It counts here no more.

    The file that shows it there is made with --out, or later with region export.
    """
    body = SendTime(volunteer, region, recipient, Minutes(minutes))
    if out is not None and session.draft is not None:
        raise click.UsageError("--draft sends nothing, so there is no proof to save with --out.")
    if out is not None:
        send_and_save(session, body, out)
        return
    session.carry_out("regions.send_time", body, f"{minutes} minutes have left for {region}")


@command.command("export")
@click.argument("transaction")
@click.option("--out", type=PATH, required=True, help="The file to write.")
@asks_with_key
def export(session: Session, *, transaction: str, out: Path) -> None:
    """Save the proof of what TRANSACTION has sent, for region receive in the other region."""
    try:
        transaction_id = Hash(bytes.fromhex(transaction))
    except ValueError as error:
        raise click.UsageError("TRANSACTION is the transaction_id that region send gave, in hexadecimal") from error
    save_transfer(session.client, transaction_id, session.load_key(), out)
    session.output.give({"file": str(out)}, f"The proof is in {out}.")


@command.command("receive")
@click.argument("file", type=PATH)
@click.option("--volunteer", type=IDENTIFIER, help="The account here, where it has gone over into another since.")
@sends
def receive(session: Session, *, file: Path, volunteer: Identifier | None) -> None:
    """Let the time count that FILE shows to have left another region for an account here."""
    body, left = build_receipt(read_bounded(file, MAX_TRANSFER_BYTES, "the proof"), volunteer)
    done = f"{left.minutes} minutes from {body.region} count"
    session.carry_out("regions.receive_time", body, done, region=body.region, minutes=left.minutes)
