"""What must hold of every state, whatever led to it. Checked from the stored tables alone, without the rules' own questions."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from contracts.activities import ActivityStatus
from contracts.activities.attendance import Mark
from contracts.activities.cover import Insured
from contracts.activities.places import SignUpStanding
from contracts.activities.projects import ProjectStatus
from contracts.exchange import HoldStatus
from contracts.hours.disputes import Resolution
from contracts.identity.parties import Role, compute_authority_identifier
from contracts.lots import Lot
from contracts.parameters import MINUTES_PER_DAY, PARAMETERS
from contracts.records import LAST_REVISION, REFUSED, VOID, Batch, Record, RecordStatus
from ledger.authorities import Authority, compute_authorities_hash
from ledger.genesis import to_date
from ledger.types import Identifier
from tests.contracts.account_invariants import check_accounts, find_remaining, read_accounts
from tests.contracts.case_invariants import check_cases
from tests.contracts.chain import Chain
from tests.contracts.order_invariants import check_orders
from tests.contracts.rating_invariants import check_ratings
from tests.contracts.region_invariants import check_regions, is_arrived
from tests.contracts.status_invariants import check_statuses
from tests.contracts.timebank_invariants import check_time_bank

Row = tuple[bytes, int]


def check_invariants(chain: Chain) -> None:
    """Raise `AssertionError` where the state of a chain contradicts itself."""
    calendars = read_calendars(chain)
    batches: dict[bytes, Batch] = chain.read_table(b"batch")
    for records in calendars.values():
        check_no_overlap(records)
        check_daily_cap(records, read_parameter(chain, "daily_cap_minutes"))
    check_served(chain, calendars)
    check_batches(batches, [record for records in calendars.values() for record in records])
    check_disputes(chain, calendars)
    check_claims(chain, calendars)
    check_sum(chain)
    check_lots(chain, calendars)
    check_parties(chain)
    check_places(chain)
    check_attendance(chain)
    check_projects(chain)
    check_cover(chain)
    check_cases(chain)
    check_statuses(chain)
    check_accounts(chain)
    check_time_bank(chain, calendars)
    check_regions(chain)
    check_orders(chain)
    check_ratings(chain)
    check_authorities(chain)
    check_offences(chain)
    check_settings(chain)


def read_calendars(chain: Chain) -> dict[bytes, list[Record]]:
    """Records of each volunteer, all months together."""
    calendars: dict[bytes, list[Record]] = defaultdict(list)
    for key, records in chain.read_table(b"calendar").items():
        volunteer, month = key[:16], int.from_bytes(key[16:], "big")
        assert len({record.record for record in records}) == len(records)
        for record in records:
            assert record.status is RecordStatus.COUNTED or record.points == 0
            year, month_of_year = divmod(month, 12)
            assert first_day(year, month_of_year + 1) <= record.day < first_day(year, month_of_year + 2)
        calendars[volunteer].extend(records)
    return calendars


def check_served(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """What is kept as the sum of a volunteer's records is their sum."""
    counted = {name: [item for item in records if item.status is RecordStatus.COUNTED] for name, records in calendars.items()}
    expected = {name: (len(records), sum(item.minutes for item in records)) for name, records in counted.items() if records}
    balances = chain.read_table(b"balance")
    assert {name: (item.records, item.minutes) for name, item in balances.items() if item.records or item.minutes} == expected
    region = chain.read_table(b"region-sums").get(b"")
    sums = (len(expected), sum(count for count, _ in expected.values()), sum(minutes for _, minutes in expected.values()))
    assert sums == ((0, 0, 0) if region is None else (region.people, region.records, region.minutes))
    taken: Counter[bytes] = Counter()
    for name, records in counted.items():
        for item in records:
            assert item.allowance <= item.minutes
            taken[item.activity + name] += item.allowance
    assert chain.read_table(b"allowance") == {key: minutes for key, minutes in taken.items() if minutes}


def first_day(year: int, month: int) -> int:
    """Day number of the first of a month by the civil calendar's arithmetic; month 13 is the next year's first."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    day_of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5
    return shifted // 400 * 146_097 + (shifted % 400) * 365 + shifted % 400 // 4 - shifted % 400 // 100 + day_of_year - 719_468


def read_parameter(chain: Chain, name: str) -> int:
    """A parameter in force."""
    value: int = chain.read_table(b"parameter").get(name.encode(), PARAMETERS[name].default)
    return value


def check_no_overlap(records: Iterable[Record]) -> None:
    """No two counted records with times share a minute."""
    spans = sorted(
        (item.day * MINUTES_PER_DAY + item.start, item.day * MINUTES_PER_DAY + item.start + item.minutes)
        for item in records
        if item.status is RecordStatus.COUNTED and item.start is not None
    )
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def check_daily_cap(records: Iterable[Record], cap: int) -> None:
    """A day with a counted record without times has at most `cap` minutes, each counted on the day of its own."""
    minutes: Counter[int] = Counter()
    untimed = set()
    for item in records:
        if item.status is RecordStatus.COUNTED and item.start is None:
            minutes[item.day] += item.minutes
            untimed.add(item.day)
        elif item.status is RecordStatus.COUNTED and item.start is not None:
            before_midnight = min(item.minutes, MINUTES_PER_DAY - item.start)
            minutes[item.day] += before_midnight
            minutes[item.day + 1] += item.minutes - before_midnight
    assert all(minutes[day] <= cap for day in untimed)


def check_batches(batches: dict[bytes, Batch], records: list[Record]) -> None:
    """Every certified row of a batch stands in one calendar, counted or void as its byte says."""
    standing = [record for record in records if record.status is not RecordStatus.MOVED]
    rows = {(record.batch, record.row): record for record in standing}
    assert len(rows) == len(standing)
    for record in records:
        byte = batches[record.batch].revisions[record.row]
        if record.status is RecordStatus.MOVED:
            assert (record.batch, record.row) in rows
            assert byte > 1
        else:
            assert byte == VOID if record.status is RecordStatus.VOID else 1 <= byte <= LAST_REVISION
    assert all(any(value.revisions) for value in batches.values())
    certified = {
        (batch, row) for batch, value in batches.items() for row, byte in enumerate(value.revisions) if byte != REFUSED
    }
    assert certified == set(rows)


def check_disputes(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """A dispute is about a record that was certified by the organisation and is the volunteer's; an upheld one is not kept."""
    for key, dispute in chain.read_table(b"dispute").items():
        organisation, batch, row = key[:16], key[16:32], int.from_bytes(key[32:], "big")
        certified = chain.read_table(b"batch")[batch]
        assert certified.organisation == organisation
        accounts = {dispute.volunteer, find_remaining(chain, dispute.volunteer)}
        accounts |= {item for item in calendars if find_remaining(chain, item) in accounts}
        assert (batch, row) in {(item.batch, item.row) for account in accounts for item in calendars[account]}
        assert dispute.revision <= certified.revisions[row]
        assert dispute.disputed_day <= dispute.deadline_day
        assert dispute.resolution in {None, Resolution.REJECTED}


def check_claims(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """Open claims are counted; confirmed revisions were once there; merits and totals are of people and organisations."""
    volunteers, organisations = read_accounts(chain), chain.read_table(b"organisation")
    claims = chain.read_table(b"missing")
    assert Counter(item.volunteer for item in claims.values()) == Counter(chain.read_table(b"missing-count"))
    assert all(count <= read_parameter(chain, "max_open_claims") for count in chain.read_table(b"missing-count").values())
    assert all(key[:16] in organisations and item.volunteer in volunteers for key, item in claims.items())
    assert all(item.claimed_day <= item.deadline_day and item.day <= item.claimed_day for item in claims.values())
    rows = {(item.batch, item.row) for records in calendars.values() for item in records}
    for key, revision in chain.read_table(b"cosigned").items():
        batch, row = key[16:32], int.from_bytes(key[32:], "big")
        certified = chain.read_table(b"batch")[batch]
        assert (batch, row) in rows
        assert certified.organisation == key[:16]
        assert revision <= certified.revisions[row]
    imported: Counter[bytes] = Counter()
    for key, total in chain.read_table(b"imported-total").items():
        imported[key[:16]] += total.minutes
    assert chain.read_table(b"imported-minutes") == imported
    for table in (b"imported-total", b"award"):
        for key, item in chain.read_table(table).items():
            assert key[:16] == item.volunteer
            assert item.volunteer in volunteers
            assert item.organisation in organisations or is_arrived(chain, item.organisation)
    for key, training in chain.read_table(b"training").items():
        assert key[:16] in volunteers
        assert training.organisation in organisations
        assert training.completed_day <= training.expires_day
    assert all(item.organisation in organisations for item in chain.read_table(b"reserved").values())


def check_sum(chain: Chain) -> None:
    """The issuer's account and everybody's points come to zero, and nobody's but the issuer's are below it."""
    balances = chain.read_table(b"merchant-points")
    in_hands = sum(lot.points for lots in chain.read_lots().values() for lot in lots)
    in_holds = sum(
        lot.points for hold in chain.read_table(b"hold").values() if hold.status is HoldStatus.OPEN for lot in hold.lots
    )
    donated = sum(lot.points for lots in chain.read_table(b"donation-points").values() for lot in lots)
    issued: int = chain.read_table(b"issuer").get(b"", 0)
    assert issued + in_hands + in_holds + donated + sum(balances.values()) == 0
    assert issued <= 0
    assert all(balance >= 0 for balance in balances.values())
    captured: Counter[Identifier] = Counter()
    check_pieces(chain)
    turnover: Counter[Identifier] = Counter()
    for key, month in chain.read_table(b"turnover").items():
        turnover[Identifier(key[:16])] += month.captured - month.refunded
        assert month.captured + month.refunded > 0
        assert month.closed_by is not None or not month.is_acknowledged
    assert +turnover == +Counter(balances)
    for hold in chain.read_table(b"hold").values():
        assert hold.lots or hold.status is not HoldStatus.OPEN
        assert not hold.lots or hold.status in {HoldStatus.OPEN, HoldStatus.CAPTURED}
        if hold.status is HoldStatus.CAPTURED:
            captured[hold.merchant] += sum(lot.points for lot in hold.lots)
    assert +captured == +Counter(balances)


def check_pieces(chain: Chain) -> None:
    """No offer is oversold, and what is taken of it is what is held, was captured or was bought with saved time."""
    taken: Counter[Identifier] = Counter({Identifier(key): sold for key, sold in chain.read_table(b"sold-for-time").items()})
    for hold in chain.read_table(b"hold").values():
        taken[hold.offer] += hold.quantity * (hold.status in {HoldStatus.OPEN, HoldStatus.CAPTURED})
        assert not hold.is_delivered or hold.status is HoldStatus.CAPTURED
    for identifier, offer in chain.read_table(b"offer").items():
        assert offer.taken == taken[Identifier(identifier)]
        assert offer.stock is None or offer.taken <= offer.stock


def check_lots(chain: Chain, calendars: dict[bytes, list[Record]]) -> None:
    """Lots are sorted, whole and the volunteer's own; no record has more points about than it put into circulation."""
    standing: dict[Row, tuple[bytes, Record]] = {
        (record.batch, record.row): (volunteer, record)
        for volunteer, records in calendars.items()
        for record in records
        if record.status is not RecordStatus.MOVED
    }
    about: Counter[Row] = Counter()
    batches = chain.read_table(b"batch")

    def check(volunteer: bytes, lots: tuple[Lot, ...], *, may_be_void: bool) -> None:
        sources = [(lot.expires_day, lot.batch, lot.row) for lot in lots]
        assert sources == sorted(set(sources))
        for lot in lots:
            assert lot.points > 0
            if lot.batch not in batches:  # given or adjusted: the source is the transaction that did it
                assert lot.row == 0
                continue
            owner, record = standing[lot.batch, lot.row]
            assert find_remaining(chain, owner) == find_remaining(chain, volunteer)
            assert lot.expires_day == record.expires_day
            assert may_be_void or record.status is RecordStatus.COUNTED
            about[lot.batch, lot.row] += lot.points

    for volunteer, lots in chain.read_lots().items():
        check(volunteer, lots, may_be_void=False)
    for hold in chain.read_table(b"hold").values():
        check(hold.volunteer, hold.lots, may_be_void=True)
    for account, lots in chain.read_table(b"donation-points").items():
        assert lots
        assert account == b"" or account in chain.read_table(b"organisation")
        assert [lot.expires_day for lot in lots] == sorted({lot.expires_day for lot in lots})
        assert all(lot.points > 0 and (lot.batch, lot.row) == (bytes(16), 0) for lot in lots)
    for row, points in about.items():
        record = standing[row][1]
        assert record.status is RecordStatus.VOID or points <= record.points


def check_places(chain: Chain) -> None:
    """No activity is oversold; who has a place, and who waits, is told alike by the places and by the sign-ups."""
    activities, terms = chain.read_table(b"activity"), chain.read_table(b"terms")
    confirmed: Counter[bytes] = Counter()
    waiting: dict[bytes, set[bytes]] = defaultdict(set)
    for key, item in chain.read_table(b"sign-up").items():
        activity, volunteer = key[:16], key[16:]
        assert volunteer in read_accounts(chain)
        assert (item.free_day is not None) is (item.standing is SignUpStanding.WITHDRAWN)
        confirmed[activity] += item.standing is SignUpStanding.CONFIRMED
        if item.standing is SignUpStanding.WAITING:
            waiting[activity].add(volunteer)
    places = chain.read_table(b"places")
    assert set(terms) <= set(activities)
    assert set(confirmed) <= set(places) <= set(terms)
    for activity, item in places.items():
        assert item.taken == confirmed[activity] <= terms[activity].capacity
        assert len(set(item.waiting)) == len(item.waiting)
        assert set(item.waiting) == waiting[activity]


def check_attendance(chain: Chain) -> None:
    """Marks stand on days of their activity, one a day, and the years' counts are what the marks come to."""
    activities = chain.read_table(b"activity")
    counted: Counter[tuple[bytes, int, Mark]] = Counter()
    for key, marks in chain.read_table(b"attendance").items():
        activity = activities[key[:16]]
        days = [item.day for item in marks]
        assert days == sorted(set(days))
        assert all(activity.first_day <= day <= activity.last_day for day in days)
        counted.update((key[16:], to_date(item.day).year, item.mark) for item in marks)
    told: Counter[tuple[bytes, int, Mark]] = Counter()
    for key, year in chain.read_table(b"attendance-year").items():
        volunteer, number = key[:16], int.from_bytes(key[16:], "big")
        told[volunteer, number, Mark.ATTENDED] = year.attended
        told[volunteer, number, Mark.ABSENT] = year.absent
        told[volunteer, number, Mark.EXCUSED] = year.excused
    assert +told == +counted


def check_projects(chain: Chain) -> None:
    """A project counts its open activities; one that is closed has none."""
    activities, projects = chain.read_table(b"activity"), chain.read_table(b"project")
    opened: Counter[bytes] = Counter()
    for activity, project in chain.read_table(b"project-of").items():
        assert activities[activity].organisation == projects[project].organisation
        opened[project] += activities[activity].status is ActivityStatus.OPEN
    for identifier, project in projects.items():
        assert project.open_activities == opened[identifier]
        assert project.status is ProjectStatus.OPEN or not project.open_activities


def check_cover(chain: Chain) -> None:
    """A cover is for an activity of the organisation that vouches for it, or for a volunteer; none is there twice."""
    activities, volunteers = chain.read_table(b"activity"), read_accounts(chain)
    for key, covers in chain.read_table(b"cover").items():
        assert len({item.cover for item in covers}) == len(covers)
        assert all(item.first_day <= item.last_day for item in covers)
        if key[0] == Insured.ACTIVITY:
            assert {item.organisation for item in covers} == {activities[key[1:]].organisation}
        else:
            assert key[1:] in volunteers
    for activity, notices in chain.read_table(b"notices").items():
        assert activity in activities
        assert len({item.text for item in notices}) == len(notices)
        assert [item.time_ms for item in notices] == sorted(item.time_ms for item in notices)


def check_parties(chain: Chain) -> None:
    """Every party's keys are its own and its role's, one person is one account, and each policy can be met."""
    keys = {key: (party.role, party.identifier) for key, party in chain.read_table(b"key").items()}
    organisations, merchants = chain.read_table(b"organisation"), chain.read_table(b"merchant")
    volunteers = chain.read_table(b"volunteer")
    for identifier, organisation in organisations.items():
        assert len(set(organisation.officers)) == len(organisation.officers)
        assert 1 <= organisation.approvals <= len(organisation.officers)
        assert all(keys[key] == (Role.OFFICER, identifier) for key in organisation.officers)
        preparers = chain.read_table(b"preparers").get(identifier, ())
        assert set(preparers) <= set(organisation.officers)
        assert organisation.approvals <= len(organisation.officers) - len(preparers)
    assert set(chain.read_table(b"preparers")) <= set(organisations)
    assert all(keys[merchant.key] == (Role.MERCHANT, identifier) for identifier, merchant in merchants.items())
    for identifier, volunteer in volunteers.items():
        assert volunteer.enrolled_by in organisations
        assert volunteer.key is None or keys[volunteer.key] == (Role.VOLUNTEER, identifier)
    for identifier, waiting in chain.read_table(b"key-replacement").items():
        assert keys[waiting.key] == (Role.VOLUNTEER, identifier)
        assert waiting.key != volunteers[identifier].key
    everybody = [*organisations, *merchants, *volunteers, *chain.read_table(b"erased"), *chain.read_table(b"merged")]
    assert len(set(everybody)) == len(everybody)
    assert all(activity.organisation in organisations for activity in chain.read_table(b"activity").values())
    assert all(offer.merchant in merchants for offer in chain.read_table(b"offer").values())


def read_sets(chain: Chain) -> list[tuple[Authority, ...]]:
    """The set that the state begins with, and the one that follows or has followed it, if any."""
    scheduled = chain.read_table(b"next-authorities").get(b"")
    return [chain.read_table(b"authorities")[b""], *([scheduled.authorities] if scheduled else [])]


def check_authorities(chain: Chain) -> None:
    """There is always a set; sets are whole, their consensus keys are their own, and what is approved can still come."""
    parties = chain.read_table(b"key")
    sets = read_sets(chain)
    for authorities in sets:
        assert authorities
        assert len({item.name for item in authorities}) == len(authorities)
        assert len({key for item in authorities for key in (item.key, item.cosigner_key, item.log_key)}) == 3 * len(authorities)
        for item in authorities:
            assert parties[item.key].role is Role.AUTHORITY
            assert parties[item.key].identifier == compute_authority_identifier(item.name)
    assert sets[0] != sets[-1] or len(sets) == 1
    scheduled = chain.read_table(b"next-authorities").get(b"")
    assert scheduled is None or scheduled.effective_height <= chain.height + 1_000_000
    known = {party.identifier for party in parties.values() if party.role is Role.AUTHORITY}
    for authority, approval in chain.read_table(b"approval").items():
        assert authority in known
        assert approval.base_hash != approval.authorities_hash
        assert approval.effective_height <= chain.height + 1_000_000
    if scheduled is not None:
        check_quorum(chain, scheduled.effective_height, sets)


def check_quorum(chain: Chain, effective_height: int, sets: list[tuple[Authority, ...]]) -> None:
    """Until a change takes effect, more than two thirds of the set before it stand by that very change."""
    if effective_height <= chain.height:
        return
    old, new = sets
    wanted = (compute_authorities_hash(old), effective_height, compute_authorities_hash(new))
    approvals = chain.read_table(b"approval")
    found = [approvals.get(compute_authority_identifier(item.name)) for item in old]
    agreed = [item for item in found if item and (item.base_hash, item.effective_height, item.authorities_hash) == wanted]
    assert 3 * len(agreed) > 2 * len(old)


def check_settings(chain: Chain) -> None:
    """Numbers are within their bounds, those to come as well; holidays are weekdays; ballots are of authorities."""
    coming = [item for body in chain.read_table(b"next-parameters").values() for item in body.values]
    values = [(item.name, item.value) for item in coming]
    values += [(name.decode(), value) for name, value in chain.read_table(b"parameter").items()]
    assert all(PARAMETERS[name].low <= value <= PARAMETERS[name].high for name, value in values)
    for table in (b"workdays", b"next-workdays"):
        for calendar in chain.read_table(table).values():
            assert all(to_date(day).weekday() < 5 for day in calendar.holidays)
            assert all(to_date(day).weekday() >= 5 for day in calendar.working_weekends)
    known = {party.identifier for party in chain.read_table(b"key").values() if party.role is Role.AUTHORITY}
    for key, ballot in chain.read_table(b"ballot").items():
        assert key[0] in {1, 2, 3, 4}
        assert key[1:] in known
        assert ballot.height <= chain.height


def check_offences(chain: Chain) -> None:
    """Whoever is named for an offence is or was an authority, once for a height."""
    parties = chain.read_table(b"key")
    for key, offence in chain.read_table(b"offence").items():
        assert key == offence.key + offence.height.to_bytes(8, "big")
        assert parties[offence.key].role is Role.AUTHORITY
        assert parties[offence.key].identifier == offence.authority
