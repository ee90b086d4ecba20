"""Cards of a volunteer: the business card, shown in parts, and codes for a counter."""

import secrets
from pathlib import Path
from typing import Any, Final

import click

from certificates.base64url import format_base64url
from certificates.card import MAX_CARD_BYTES, Showing, compute_open_audience, parse_card, present_card
from certificates.counter_card import PREFIX, parse_counter_card
from certificates.counter_verification import describe_counter_card
from certificates.datetimes import format_datetime
from certificates.jcs import JsonObject
from cli.commands import card_status
from cli.keyring import load_keys
from cli.office.answers import parse_answer
from cli.office.client import Request, decode_json
from cli.office.files import write_whole
from cli.office.positions import take_free_position
from cli.options import IDENTIFIER, PATH, PUBLIC_KEY, compose, dry_run_option, json_option, key_option, passphrase_option
from cli.output import Output
from cli.reading import read_bounded
from cli.session import Session, asks_with_key, compute_now_ms, sends
from contracts.cards.registered import RegisterCard
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier, PublicKey, TimeMs

NONCE_BYTES: Final = 16

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_award = click.option(
    "--star", "award", type=IDENTIFIER, help="A star award that was made to the volunteer, to be on the card."
)


@click.group()
def command() -> None:
    """Cards of a volunteer: the business card, and codes for a counter."""


@command.command("register")
@_volunteer
@click.option("--card-key", "card_key", type=PUBLIC_KEY, help="The public key that shows the card. Otherwise that of --key.")
@click.option("--position", type=click.IntRange(0, 2**31 - 1), help="Its status position. Otherwise a free one is drawn.")
@sends
def register(session: Session, *, volunteer: Identifier, card_key: PublicKey | None, position: int | None) -> None:
    """Put a business card on record (signed by the volunteer). The card before is superseded.

    The card may have a key of its own, on a phone: then the account's key stays where it is safe.
    """
    key = card_key or session.load_key().public_key

    def take(place: int) -> None:
        body = RegisterCard(volunteer, key, place)
        session.carry_out("cards.register", body, f"The card is registered at position {place}", position=place, key=key.hex())

    if position is None:
        take_free_position(session.client, take)
    else:
        take(position)


@command.command("issue")
@_volunteer
@click.option("--out", type=PATH, required=True, help="The file to write: the card with all its claims. Keep it to yourself.")
@_award
@dry_run_option
@asks_with_key
def issue(session: Session, *, volunteer: Identifier, out: Path, award: Identifier | None, is_dry_run: bool) -> None:
    """Have the node write the registered card, and keep it in a file (asked for with the account's key or the card's)."""
    text = _ask(session, "/v1/cards", volunteer, award).decode("ascii", "replace")
    card = parse_card(text.encode())
    names = [item.name for item in card.disclosures]
    document = {"dry_run": is_dry_run, "card": str(out), "position": card.position, "claims": names}
    if not is_dry_run:
        write_whole(out, text.encode())
    done = "would be" if is_dry_run else "is"
    session.output.give(document, f"The card {done} in {out}; it can show {', '.join(names)}.")


def _ask(session: Session, path: str, volunteer: Identifier, award: Identifier | None) -> bytes:
    body = {"volunteer": volunteer.hex(), **({} if award is None else {"star_award": award.hex()})}
    return session.client.post_bytes(path, body, key=session.load_key())


def _showing_options(function: Any) -> Any:  # noqa: ANN401 - a decorator of commands
    return compose(key_option, passphrase_option, dry_run_option, json_option)(function)


@command.command("present")
@click.argument("file", type=PATH)
@click.option("--claim", "claims", multiple=True, help="A claim to show, such as hours. May be given several times.")
@click.option("--nonce", help="What the other side asked for. Otherwise the card is shown to anybody, for ten minutes.")
@click.option("--audience", help="To whom it is shown, as the other side says. Otherwise to anybody.")
@click.option("--out", type=PATH, help="The file to write, a QR code where it ends in .svg or .png. Otherwise it is printed.")
@_showing_options
def present(
    *,
    file: Path,
    claims: tuple[str, ...],
    nonce: str | None,
    audience: str | None,
    out: Path | None,
    key_files: tuple[Path, ...],
    passphrase_files: tuple[Path, ...],
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Show the card in FILE, with these claims and no others (signed with the card's key; no node is asked)."""
    if len(key_files) != 1:
        raise HourledgerError(Reason.USAGE, "exactly one key signs this: give --key once")
    (key,) = load_keys(key_files, passphrase_files)
    text = _read(file)
    card = parse_card(text)
    asked = nonce or format_base64url(secrets.token_bytes(NONCE_BYTES))
    showing = Showing(audience or compute_open_audience(card.chain_id), asked, TimeMs(compute_now_ms()))
    shown = present_card(text.decode("ascii", "replace"), claims, key, showing)
    if out is not None and not is_dry_run:
        write_whole(out, _encode(shown, out))
    document = {
        "dry_run": is_dry_run,
        "claims": sorted(set(claims)),
        "audience": showing.audience,
        "nonce": asked,
        **({"presentation": shown} if out is None else {"file": str(out)}),
    }
    done = "would be" if is_dry_run else "is"
    Output(is_json).give(document, shown if out is None else f"The card as it is shown {done} in {out}.")


@command.command("show")
@click.argument("file", type=PATH)
@json_option
def show(*, file: Path, is_json: bool) -> None:
    """Say what the card or code in FILE says. Whether that is true, hourledger verify says."""
    data = _read(file)
    statement = _describe_code(data) if data.startswith(PREFIX.encode()) else _describe_card(data)
    lines = [f"{name:<18} {value}" for name, value in statement.items()]
    Output(is_json).give({"is_verified": False, **statement}, "\n".join((*lines, "not verified: use hourledger verify")))


def _encode(text: str, out: Path) -> bytes:
    """Return what is written into a file: a picture of the text's QR code, or the text."""
    form = out.suffix.lower()
    if form not in {".svg", ".png"}:
        return text.encode()
    from cli.printing.codes import draw_png, draw_svg, make_code  # noqa: PLC0415 - only pictures need it

    code = make_code(text)
    return draw_svg(code) if form == ".svg" else draw_png(code)


def _read(file: Path) -> bytes:
    return read_bounded(file, MAX_CARD_BYTES, "the card").strip(b"\t\r\n")


def _describe_code(data: bytes) -> JsonObject:
    card, _cose = parse_counter_card(data)
    return describe_counter_card(card, TimeMs(compute_now_ms()))


def _describe_card(data: bytes) -> JsonObject:
    card = parse_card(data)
    return {
        "chain_id": card.chain_id,
        "position": card.position,
        "expires": format_datetime(card.expires_ms),
        "is_shown": card.binding is not None,
        **{item.name: item.value for item in card.disclosures},
    }


@command.command("counter")
@click.option("--hold", type=IDENTIFIER, help="A hold of the volunteer's: the code is for its merchant.")
@click.option("--volunteer", type=IDENTIFIER, help="The volunteer: the code is for an organisation's desk.")
@_award
@click.option("--out", type=PATH, help="The file to write, a QR code where it ends in .svg or .png. Otherwise it is printed.")
@dry_run_option
@asks_with_key
def counter(
    session: Session,
    *,
    hold: Identifier | None,
    volunteer: Identifier | None,
    award: Identifier | None,
    out: Path | None,
    is_dry_run: bool,
) -> None:
    """Have the node write the text of a code for a counter (asked for with the volunteer's key).

    With --hold a merchant reads: good for so many points, once, until then. With --volunteer a desk reads the account and its
    stars, for some minutes.
    """
    if (hold is None) is (volunteer is None) or (hold is not None and award is not None):
        raise click.UsageError("Give --hold for a merchant, or --volunteer, with --star if wanted, for a desk.")
    answer = _ask_for_code(session, hold, volunteer, award)
    text = str(answer["card"])
    if out is not None and not is_dry_run:
        write_whole(out, _encode(text, out))
    done = "would be" if is_dry_run else "is"
    words = text if out is None else f"The code {done} in {out}, good until {answer['until']}."
    session.output.give({"dry_run": is_dry_run, **answer}, words)


def _ask_for_code(
    session: Session, hold: Identifier | None, volunteer: Identifier | None, award: Identifier | None
) -> dict[str, Any]:
    if volunteer is not None:
        data = _ask(session, "/v1/cards/counter", volunteer, award)
    else:
        path = f"/v1/holds/{(hold or b'').hex()}/card"
        data = session.client.send(Request("POST", path, body=b"", key=session.load_key())).body
    return parse_answer(dict, decode_json(data))


for _command in card_status.COMMANDS:
    command.add_command(_command)
