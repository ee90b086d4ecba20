"""What the tables of ledgers say about saved time."""

from datetime import date
from typing import Any

from contracts.savings import TimeAccount, TimeEnded, TimeRefunded, TimeReturned
from contracts.timebank.attestations import Attest, Kin, Relation, WithdrawAttestation
from contracts.timebank.deposits import DeclareGroup, DepositTime, TimeDeposited
from contracts.timebank.giving import DonateTime, GiveTime, IssueTime
from contracts.timebank.offices import Appoint, Office
from contracts.timebank.spending import BoughtWithTime, BuyWithTime, RedeemTime, TimeRedeemed
from ledger.genesis import to_day
from ledger.types import Identifier, Minutes
from tests.contracts.chain import AUTHORITY, Chain, hash_of, identifier_of, name_of

Action = tuple[str, Any]


def parse_time_bank(words: list[str], _rows: list[str]) -> Action | None:
    """Kind and body of what a row says, None where it is about something else."""
    for parse in (_parse_offices, _parse_attestations, _parse_moves, _parse_spending):
        action = parse(words)
        if action is not None:
            return action
    return None


def _parse_registrar(name: str) -> Identifier | None:
    return None if name == AUTHORITY else identifier_of(name)


def _parse_offices(words: list[str]) -> Action | None:
    match words:
        case [("appoint" | "dismiss") as step, name, "as", office]:
            chosen = Office[office.upper().replace("-", "_")]
            return "timebank.appoint", Appoint(identifier_of(name), chosen, step == "appoint")
        case ["group", activity, "of", name]:
            return "timebank.declare_group", DeclareGroup(identifier_of(activity), identifier_of(name))
    return None


def _parse_attestations(words: list[str]) -> Action | None:
    match words:
        case ["attest", "age", "of", person, "by", name]:
            body = Attest(_parse_registrar(name), identifier_of(person), None, hash_of(f"papers of {person}"))
            return "timebank.attest", body
        case ["attest", kin, person, "of", volunteer, "by", name]:
            relation = Relation(identifier_of(volunteer), Kin[kin.upper()])
            body = Attest(_parse_registrar(name), identifier_of(person), relation, hash_of(f"papers of {person}"))
            return "timebank.attest", body
        case ["withdraw", "age", "of", person, "by", name]:
            ids = _parse_registrar(name), identifier_of(person)
            return "timebank.withdraw_attestation", WithdrawAttestation(*ids, None)
        case ["withdraw", "relation", person, "of", volunteer, "by", name]:
            ids = _parse_registrar(name), identifier_of(person)
            return "timebank.withdraw_attestation", WithdrawAttestation(*ids, identifier_of(volunteer))
    return None


def _parse_moves(words: list[str]) -> Action | None:
    match words:
        case ["save", record, "of", volunteer, "at", name, day]:
            ids = identifier_of(name), identifier_of(volunteer), identifier_of(record)
            return "timebank.deposit", DepositTime(*ids, to_day(date.fromisoformat(day)))
        case ["give", minutes, "minutes", "of", volunteer, "to", recipient]:
            both = identifier_of(volunteer), identifier_of(recipient)
            return "timebank.give", GiveTime(*both, Minutes(int(minutes)))
        case ["donate", minutes, "minutes", "of", volunteer]:
            return "timebank.donate", DonateTime(identifier_of(volunteer), Minutes(int(minutes)))
        case ["issue", minutes, "minutes", "by", name, "to", volunteer]:
            whose = identifier_of(name), identifier_of(volunteer)
            return "timebank.issue", IssueTime(*whose, Minutes(int(minutes)), hash_of(f"need of {volunteer}"))
    return None


def _parse_spending(words: list[str]) -> Action | None:
    match words:
        case ["redeem", minutes, "minutes", "of", volunteer, "for", who, "by", record, "of", server, "at", name, day, *star]:
            service = identifier_of(name), identifier_of(server), identifier_of(record), to_day(date.fromisoformat(day))
            people = identifier_of(volunteer), identifier_of(who)
            body = RedeemTime(*service, *people, Minutes(int(minutes)), _parse_star(star))
            return "timebank.redeem", body
        case ["buy", quantity, offer, "of", merchant, "with", "time", "of", volunteer, *star]:
            ids = identifier_of(volunteer), identifier_of(merchant), identifier_of(offer)
            return "timebank.buy", BuyWithTime(*ids, int(quantity), _parse_star(star))
    return None


def _parse_star(words: list[str]) -> Identifier | None:
    """`with s1`, or nothing."""
    match words:
        case []:
            return None
        case ["with", star]:
            return identifier_of(star)
        case _:
            raise ValueError(" ".join(words))


def describe_time_bank(chain: Chain, words: list[str]) -> str | None:
    """Answer a question of a table about saved time, None where it is about something else."""
    match words:
        case ["time", "issuer"]:
            return str(chain.read_table(b"time-issuer").get(b"", 0))
        case ["time", "pool"]:
            return str(chain.read_table(b"time-pool").get(b"", 0))
        case ["time", "earned", name]:
            return str(chain.read_table(b"merchant-time").get(identifier_of(name), 0))
        case ["time", name]:
            account = chain.read_table(b"time-account").get(identifier_of(name))
            return "none" if account is None else _format_account(chain, account)
        case ["attested", name]:
            return _format_attestations(chain, identifier_of(name))
    return None


def _format_account(chain: Chain, account: TimeAccount) -> str:
    """`180 = 120 r1 + 60 r2 to give; saved 180`: in the order of the days on which it was saved."""
    records = [record for month in chain.read_table(b"calendar").values() for record in month]
    names = {(record.batch, record.row): name_of(record.record.hex()) for record in records}
    shown = sorted(
        (lot.saved_day, names.get((lot.batch, lot.row), "given"), lot.is_gift_only, lot.minutes) for lot in account.lots
    )
    texts = [f"{minutes} {name}{' to give' if gift_only else ''}" for _, name, gift_only, minutes in shown]
    total = sum(lot.minutes for lot in account.lots)
    due = ", place due" if account.is_place_due else ""
    return f"{total}{' = ' + ' + '.join(texts) if texts else ''}; saved {account.saved_minutes}{due}"


def _format_attestations(chain: Chain, person: Identifier) -> str:
    """`age by Library, relative of mia by region`."""
    texts = []
    for key, item in chain.read_table(b"time-attestation").items():
        if key[:16] == person:
            what = "age" if item.kin is None else f"{item.kin.name.lower()} of {name_of(key[16:].hex())}"
            texts.append(f"{what} by {AUTHORITY if item.registrar is None else name_of(item.registrar.hex())}")
    return ", ".join(sorted(texts)) or "nothing"


def format_time_event(event: Any) -> str | None:  # noqa: PLR0911 - a table of words
    """What an event says, None for another's."""
    match event:
        case TimeDeposited():
            return f"saved {event.minutes}, {event.gift_only_minutes} to give"
        case TimeReturned():
            return f"returned {event.minutes}"
        case TimeRefunded():
            return f"refunded {event.minutes} to {name_of(event.volunteer.hex())}"
        case TimeRedeemed() | BoughtWithTime():
            return f"spent {event.minutes}"
        case TimeEnded():
            return f"ended {event.minutes}"
        case GiveTime() | DonateTime() | IssueTime():
            return f"{event.minutes} minutes"
    return None
