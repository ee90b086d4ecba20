"""What must hold of saved time in every state."""

from collections import Counter

from contracts.records import Record, RecordStatus
from contracts.savings import TimeLot
from tests.contracts.account_invariants import find_remaining, read_accounts
from tests.contracts.chain import Chain

Row = tuple[bytes, int]


def check_time_bank(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """Raise `AssertionError` where what is on record contradicts itself."""
    check_time_sum(chain)
    check_time_lots(chain, calendars)
    check_attestations(chain)
    check_groups(chain)


def check_time_sum(chain: Chain) -> None:
    """The issuer's account and everybody's saved time come to zero, and nobody's but the issuer's are below it."""
    accounts = chain.read_table(b"time-account")
    merchants = chain.read_table(b"merchant-time")
    issued: int = chain.read_table(b"time-issuer").get(b"", 0)
    pool: int = chain.read_table(b"time-pool").get(b"", 0)
    in_hands = sum(lot.minutes for account in accounts.values() for lot in account.lots)
    assert issued + in_hands + pool + sum(merchants.values()) == 0
    assert issued <= 0 <= pool
    assert all(minutes > 0 for minutes in merchants.values())
    assert merchants.keys() <= chain.read_table(b"merchant").keys()
    offers = chain.read_table(b"offer")
    sold = chain.read_table(b"sold-for-time")
    hours: Counter[bytes] = Counter()
    for offer, pieces in sold.items():
        hours[offers[offer].merchant] += pieces * offers[offer].points
    assert {merchant: 60 * points for merchant, points in hours.items()} == merchants


def check_time_lots(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """No record has more time about than is saved of it, and none than it has; what is void has none but where it was spent."""
    standing: dict[Row, tuple[bytes, Record]] = {
        (record.batch, record.row): (volunteer, record)
        for volunteer, records in calendars.items()
        for record in records
        if record.status is not RecordStatus.MOVED
    }
    batches, volunteers = chain.read_table(b"batch"), chain.read_table(b"volunteer")
    everybody = read_accounts(chain)
    saved: dict[Row, int] = {
        (key[:16], int.from_bytes(key[16:], "big")): minutes for key, minutes in chain.read_table(b"saved-record").items()
    }
    saved_by: Counter[bytes] = Counter()
    for row, minutes in saved.items():
        volunteer, record = standing[row]
        assert record.status is RecordStatus.COUNTED
        assert minutes > 0
        remaining = find_remaining(chain, volunteer)
        saved_by[remaining] += minutes if remaining in volunteers else 0
        assert volunteer in everybody
    about: Counter[Row] = Counter()

    def check(volunteer: bytes, lots: tuple[TimeLot, ...], *, may_be_void: bool) -> None:
        sources = [(lot.saved_day, lot.batch, lot.row, lot.is_gift_only) for lot in lots]
        assert sources == sorted(set(sources))
        for lot in lots:
            assert lot.minutes > 0
            if lot.batch not in batches:  # received: the source is the transaction that gave it
                assert lot.row == 0
                continue
            owner, record = standing[lot.batch, lot.row]
            assert find_remaining(chain, owner) == find_remaining(chain, volunteer)
            assert record.status is RecordStatus.COUNTED or may_be_void
            if record.status is RecordStatus.COUNTED:
                about[lot.batch, lot.row] += lot.minutes

    accounts = chain.read_table(b"time-account")
    for volunteer, account in accounts.items():
        assert volunteer in volunteers
        assert account.lots or account.saved_minutes
        check(volunteer, account.lots, may_be_void=False)
    assert {key: account.saved_minutes for key, account in accounts.items() if account.saved_minutes} == +saved_by
    for key, paid in chain.read_table(b"paid-service").items():
        record = standing[key[:16], int.from_bytes(key[16:], "big")][1]
        assert record.status is RecordStatus.COUNTED
        assert 0 < sum(lot.minutes for lot in paid.lots) <= record.minutes
        assert not any(lot.is_gift_only for lot in paid.lots)
        assert paid.volunteer in everybody
        check(paid.volunteer, paid.lots, may_be_void=True)
    assert all(minutes <= saved[row] for row, minutes in about.items())


def check_attestations(chain: Chain) -> None:
    """What is attested is about people, by an organisation or an authority; offices are organisations'."""
    organisations, volunteers = chain.read_table(b"organisation"), chain.read_table(b"volunteer")
    people = read_accounts(chain)
    for key, item in chain.read_table(b"time-attestation").items():
        assert key[:16] in (people if key[16:] else volunteers)
        assert (item.kin is None) is (key[16:] == b"")
        assert item.kin is None or (key[16:] in people and key[16:] != key[:16])
        assert item.registrar is None or item.registrar in organisations
    assert all(key[:16] in organisations for key in chain.read_table(b"time-office"))


def check_groups(chain: Chain) -> None:
    """Activities of groups are their organisations' own."""
    activities = chain.read_table(b"activity")
    for activity, organisation in chain.read_table(b"group-activity").items():
        assert activities[activity].organisation == organisation
