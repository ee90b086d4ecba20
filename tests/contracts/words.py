"""What the tables of ledgers say: words for bodies, and words for what is in the state.

A word is a name; the same word is always the same identifier, key, person or details (see `chain`).
"""

from datetime import UTC, date, datetime
from typing import Any

from contracts.activities import ActivityClass, CloseActivity, PublishActivity
from contracts.activities.attendance import AttendanceMark, AttendanceMarked, ExcuseAbsence, Mark, MarkAttendance
from contracts.activities.changes import CancelActivity, Cancellation, ChangeActivity
from contracts.activities.cover import AttachCover, Insured, WithdrawCover
from contracts.activities.notices import GiveNotice, Subject
from contracts.activities.places import ChangedSignUp
from contracts.activities.projects import CloseProject, EvaluateProject, OpenProject, PlaceActivity
from contracts.activities.sign_ups import SignUpVolunteer, WithdrawVolunteer
from contracts.activities.terms import Risk, SetTerms, Terms
from contracts.exchange import ChangeOffer, EndHold, HoldChanged, HoldPoints, PointsOfHold, PublishOffer, WithdrawOffer
from contracts.exchange.settlements import AcknowledgeSettlement, CloseSettlement, SettlementClosed
from contracts.governance.membership import ChangeAuthorities
from contracts.governance.settings import SetCalendar, SetParameters, Value
from contracts.governance.versions import SetRuleBook
from contracts.governance.voting import ProposalApproved
from contracts.hours import AmendHours, Attendance, CertifyHours, Correction, Mode, RecordedHours, VoidedHours, VoidHours
from contracts.hours.codes import ClaimByCode, DropReserved, ReservedHours, ReserveHours, compute_code_hash
from contracts.hours.cosigning import CosignRecord
from contracts.hours.disputes import Dispute, DisputedHours, DisputeRecord, Resolution, ResolvedDispute, ResolveDispute
from contracts.hours.merits import DropAward, DropTraining, RecordAward, RecordTraining
from contracts.hours.missing import AnswerClaim, AnsweredClaim, ClaimedMissing, ClaimMissing
from contracts.hours.totals import DropTotal, ImportTotal
from contracts.identity.duties import SetPreparers
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeOfficer, ChangeStanding, RegisterOrganisation, ReplaceOfficer, SetPolicy
from contracts.identity.parties import Standing
from contracts.identity.volunteer_keys import AboutReplacement, ChangeKey
from contracts.identity.volunteers import Enrolment, EnrolVolunteers, VolunteerEnrolled
from contracts.parameters import MINUTES_PER_DAY, PARAMETERS
from contracts.points import ExpirePoints, PointsExpired
from contracts.points.adjusting import Adjustment, AdjustPoints
from contracts.points.giving import DonatePoints, GivePoints, GrantPoints
from contracts.records import Record, RecordStatus
from contracts.rulebook import EVENT_TYPES
from ledger.genesis import to_date, to_day
from ledger.types import Day, Height, Identifier, Minutes, Points, TimeMs
from tests.contracts.account_words import describe_account, parse_account
from tests.contracts.case_words import describe_case, parse_case
from tests.contracts.chain import AUTHORITY, Chain, authority_of, hash_of, identifier_of, key_of, name_of
from tests.contracts.order_words import describe_order, parse_order
from tests.contracts.rating_words import describe_rating, parse_rating
from tests.contracts.region_words import describe_region, parse_region
from tests.contracts.status_words import describe_status, parse_card
from tests.contracts.timebank_words import describe_time_bank, format_time_event, parse_time_bank

UTC_OFFSET_MINUTES = 480
"""The tables' clock: the default of the rules."""
Action = tuple[str, Any]


def parse_day(word: str) -> Day:
    """A date, or a bare day number for days that no calendar of Python's has."""
    return Day(int(word)) if word.isdigit() else to_day(date.fromisoformat(word))


def parse_time(words: str) -> TimeMs:
    """A date and time on the region's clock, as UTC milliseconds."""
    moment = datetime.fromisoformat(words)
    minutes = to_day(moment.date()) * MINUTES_PER_DAY + moment.hour * 60 + moment.minute - UTC_OFFSET_MINUTES
    return TimeMs(minutes * 60_000 + moment.second * 1_000)


def parse_start(word: str) -> int | None:
    """Minutes after midnight; a dash is a record without times."""
    return None if word == "-" else int(word[:-3]) * 60 + int(word[-2:])


def parse_correction(word: str) -> Correction:
    """A reason for a correction, as in `wrong-time`."""
    return Correction[word.upper().replace("-", "_")]


def parse_attendance(line: str) -> Attendance:
    """`r1 Shore mia 2024-03-02 09:00 180`: record, activity, volunteer, day, start or a dash, minutes."""
    record, activity, volunteer, day, start, minutes = line.split()
    return Attendance(
        identifier_of(record),
        identifier_of(activity),
        identifier_of(volunteer),
        parse_day(day),
        parse_start(start),
        Minutes(int(minutes)),
        hash_of(record),
    )


def parse_enrolment(line: str) -> Enrolment:
    """`mia person Mia` or `mia person Mia key mia`."""
    match line.split():
        case [volunteer, "person", person]:
            return Enrolment(identifier_of(volunteer), hash_of(person), None)
        case [volunteer, "person", person, "key", key]:
            return Enrolment(identifier_of(volunteer), hash_of(person), key_of(key).public_key)
        case _:
            raise ValueError(line)


def parse_action(line: str, rows: list[str]) -> Action:
    """Kind and body of what a row of a table says; the rows of a batch follow it."""
    for parse in (
        _parse_identity,
        _parse_duties,
        _parse_keys,
        parse_account,
        parse_order,
        parse_rating,
        _parse_activities,
        _parse_projects,
        _parse_sign_ups,
        _parse_cover,
        _parse_hours,
        _parse_answers,
        _parse_points,
        _parse_merits,
        _parse_offers,
        _parse_settlements,
        _parse_exchange,
        _parse_governance,
        parse_case,
        parse_card,
        parse_time_bank,
        parse_region,
    ):
        action = parse(line.split(), rows)
        if action is not None:
            return action
    raise ValueError(f"no such action: {line}")


def _parse_identity(words: list[str], rows: list[str]) -> Action | None:  # noqa: PLR0911 - a table of words
    match words:
        case ["license", name, "officers", *officers, "approvals", approvals]:
            keys = tuple(key_of(officer).public_key for officer in officers)
            body = RegisterOrganisation(identifier_of(name), name, keys, int(approvals))
            return "identity.register_organisation", body
        case ["admit", name]:
            return "identity.register_merchant", RegisterMerchant(identifier_of(name), name, key_of(name).public_key)
        case ["admit", name, "key", key]:
            return "identity.register_merchant", RegisterMerchant(identifier_of(name), name, key_of(key).public_key)
        case ["suspend", name]:
            return "identity.change_standing", ChangeStanding(identifier_of(name), Standing.SUSPENDED)
        case ["reinstate", name]:
            return "identity.change_standing", ChangeStanding(identifier_of(name), Standing.ACTIVE)
        case ["add", "officer", officer, "to", name]:
            return "identity.add_officer", ChangeOfficer(identifier_of(name), key_of(officer).public_key)
        case ["remove", "officer", officer, "from", name]:
            return "identity.remove_officer", ChangeOfficer(identifier_of(name), key_of(officer).public_key)
        case ["policy", "of", name, approvals]:
            return "identity.set_policy", SetPolicy(identifier_of(name), int(approvals))
        case ["enrol", "by", name]:
            return "identity.enrol_volunteers", EnrolVolunteers(identifier_of(name), tuple(map(parse_enrolment, rows)))
    return None


def _parse_duties(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["preparers", "of", name, *officers]:
            preparers = tuple(key_of(officer).public_key for officer in officers)
            return "identity.set_preparers", SetPreparers(identifier_of(name), preparers)
    return None


def _parse_keys(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["replace", "officer", lost, "of", name, "by", key]:
            keys = key_of(lost).public_key, key_of(key).public_key
            return "identity.replace_officer", ReplaceOfficer(identifier_of(name), *keys)
        case ["rotate", "key", "of", volunteer, "to", key]:
            return "identity.rotate_key", ChangeKey(identifier_of(volunteer), key_of(key).public_key)
        case ["request", "key", key, "for", volunteer]:
            return "identity.request_key", ChangeKey(identifier_of(volunteer), key_of(key).public_key)
        case ["refuse", "key", "for", volunteer]:
            return "identity.refuse_key", AboutReplacement(identifier_of(volunteer))
        case ["take", "up", "key", "for", volunteer]:
            return "identity.take_up_key", AboutReplacement(identifier_of(volunteer))
    return None


def _parse_activities(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["publish", activity, "of", name, class_, first, "to", last, *coefficient]:
            ids = identifier_of(activity), identifier_of(name)
            days = parse_day(first), parse_day(last)
            percent = int(coefficient[0].removesuffix("%")) if coefficient else 100
            body = PublishActivity(*ids, ActivityClass[class_.upper()], *days, hash_of(activity), percent)
            return "activities.publish", body
        case ["close", activity, "of", name]:
            return "activities.close", CloseActivity(identifier_of(activity), identifier_of(name))
        case ["change", activity, "of", name, first, "to", last, "about", details]:
            days = parse_day(first), parse_day(last)
            return "activities.change", ChangeActivity(identifier_of(activity), identifier_of(name), *days, hash_of(details))
        case ["cancel", activity, "of", name, why]:
            cancellation = Cancellation[why.upper().replace("-", "_")]
            return "activities.cancel", CancelActivity(identifier_of(activity), identifier_of(name), cancellation)
    return None


def _parse_projects(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["open", "project", project, "of", name, *improves]:
            earlier = identifier_of(improves[1]) if improves else None
            return "activities.open_project", OpenProject(
                identifier_of(project), identifier_of(name), earlier, hash_of(project)
            )
        case ["place", activity, "of", name, "under", project]:
            under = None if project == "nothing" else identifier_of(project)
            return "activities.place", PlaceActivity(identifier_of(activity), identifier_of(name), under)
        case ["close", "project", project, "of", name]:
            return "activities.close_project", CloseProject(identifier_of(project), identifier_of(name))
        case ["evaluate", "project", project, "of", name, grade]:
            ids = identifier_of(project), identifier_of(name)
            return "activities.evaluate_project", EvaluateProject(*ids, int(grade), hash_of(f"report on {project}"))
    return None


def _parse_cover(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["cover", cover, "by", name, insured, subject, first, "to", last]:
            ids = identifier_of(cover), identifier_of(name), Insured[insured.upper()], identifier_of(subject)
            return "cover.attach", AttachCover(*ids, parse_day(first), parse_day(last), hash_of(cover))
        case ["withdraw", "cover", cover, "by", name, insured, subject]:
            ids = identifier_of(cover), identifier_of(name), Insured[insured.upper()], identifier_of(subject)
            return "cover.withdraw", WithdrawCover(*ids)
        case ["notice", activity, "of", name, subject, text]:
            whose = identifier_of(activity), identifier_of(name)
            return "activities.give_notice", GiveNotice(*whose, Subject[subject.upper()], hash_of(text))
    return None


def parse_mark(line: str) -> AttendanceMark:
    """`mia attended`, `mia absent` or `mia excused`."""
    volunteer, mark = line.split()
    return AttendanceMark(identifier_of(volunteer), Mark[mark.upper()])


def _parse_sign_ups(words: list[str], rows: list[str]) -> Action | None:
    match words:
        case ["terms", "of", activity, "of", name, capacity, "places", waiting, "waiting", "until", day, *asks]:
            risk = Risk.HAZARDOUS if "hazardous" in asks else Risk.ORDINARY
            trainings = tuple(word for word in asks if word not in {"hazardous", "training"})
            terms = Terms(int(capacity), int(waiting), parse_day(day), risk, trainings)
            return "activities.set_terms", SetTerms(identifier_of(activity), identifier_of(name), terms)
        case ["sign", "up", volunteer, "for", activity, "of", name]:
            return "activities.sign_up", SignUpVolunteer(*map(identifier_of, (activity, name, volunteer)))
        case ["withdraw", volunteer, "from", activity, "of", name]:
            return "activities.withdraw", WithdrawVolunteer(*map(identifier_of, (activity, name, volunteer)))
        case ["attendance", "of", activity, "of", name, day]:
            ids = identifier_of(activity), identifier_of(name)
            return "activities.mark_attendance", MarkAttendance(*ids, parse_day(day), tuple(map(parse_mark, rows)))
        case ["excuse", volunteer, "from", activity, "of", name, day]:
            ids = identifier_of(activity), identifier_of(name)
            return "activities.excuse", ExcuseAbsence(*ids, parse_day(day), identifier_of(volunteer))
    return None


def _parse_hours(words: list[str], rows: list[str]) -> Action | None:
    match words:
        case ["certify", "by", name, mode, *backfilled]:
            chosen = Mode[mode.upper().replace("-", "_")]
            return "hours.certify", CertifyHours(
                identifier_of(name), chosen, tuple(map(parse_attendance, rows)), bool(backfilled)
            )
        case ["amend", "by", name, recorded, why, "to", *attendance]:
            row = parse_attendance(" ".join(attendance))
            return "hours.amend", AmendHours(identifier_of(name), parse_day(recorded), row, parse_correction(why))
        case ["void", "by", name, record, "of", volunteer, recorded, why]:
            ids = identifier_of(name), identifier_of(record), identifier_of(volunteer)
            return "hours.void", VoidHours(*ids, parse_day(recorded), parse_correction(why))
    return None


def _parse_points(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["expire", "points", "of", volunteer]:
            return "points.expire", ExpirePoints(identifier_of(volunteer))
        case ["give", points, "of", volunteer, "to", recipient]:
            return "points.give", GivePoints(identifier_of(volunteer), identifier_of(recipient), Points(int(points)))
        case ["donate", points, "of", volunteer, "to", name]:
            return "points.donate", DonatePoints(identifier_of(volunteer), _parse_account(name), Points(int(points)))
        case ["grant", points, "of", name, "to", volunteer]:
            return "points.grant", GrantPoints(_parse_account(name), identifier_of(volunteer), Points(int(points)))
        case ["adjust", volunteer, "by", change, "for", name, why]:
            reason = Adjustment[why.upper().replace("-", "_")]
            ids = identifier_of(name), identifier_of(volunteer)
            return "points.adjust", AdjustPoints(*ids, int(change), reason, hash_of(why))
    return None


def _parse_answers(words: list[str], rows: list[str]) -> Action | None:  # noqa: PLR0911 - a table of words
    match words:
        case ["dispute", record, "of", name, "by", volunteer, recorded, why]:
            ids = identifier_of(name), identifier_of(volunteer), identifier_of(record)
            return "hours.dispute", DisputeRecord(*ids, parse_day(recorded), parse_correction(why))
        case ["resolve", record, "of", volunteer, "by", name, recorded, answer]:
            ids = identifier_of(name), identifier_of(volunteer), identifier_of(record)
            return "hours.resolve", ResolveDispute(*ids, parse_day(recorded), Resolution[answer.upper()])
        case ["cosign", record, "of", name, "by", volunteer, recorded]:
            ids = identifier_of(name), identifier_of(volunteer), identifier_of(record)
            return "hours.cosign", CosignRecord(*ids, parse_day(recorded))
        case ["claim", claim, "of", name, "by", volunteer, activity, day]:
            ids = identifier_of(claim), identifier_of(name), identifier_of(volunteer)
            return "hours.claim_missing", ClaimMissing(*ids, identifier_of(activity), parse_day(day))
        case ["answer", claim, "of", volunteer, "by", name, "with", record]:
            ids = identifier_of(claim), identifier_of(name), identifier_of(volunteer)
            return "hours.answer_claim", AnswerClaim(*ids, None if record == "nothing" else identifier_of(record))
        case ["reserve", "by", name, *backfilled]:
            body = ReserveHours(identifier_of(name), tuple(map(parse_reserved, rows)), bool(backfilled))
            return "hours.reserve", body
        case ["claim", "code", code, "by", volunteer]:
            return "hours.claim_by_code", ClaimByCode(identifier_of(volunteer), identifier_of(code))
        case ["drop", "code", code, "of", name]:
            return "hours.drop_reserved", DropReserved(identifier_of(name), compute_code_hash(identifier_of(code)))
    return None


def _parse_account(name: str) -> Identifier | None:
    """A donation account: an organisation's, or the region's."""
    return None if name == AUTHORITY else identifier_of(name)


def _parse_merits(words: list[str], _rows: list[str]) -> Action | None:  # noqa: PLR0911 - a table of words
    match words:
        case ["import", minutes, "minutes", "of", volunteer, "by", name, "from", source, first, "to", last]:
            ids = identifier_of(name), identifier_of(volunteer)
            days = parse_day(first), parse_day(last)
            return "hours.import_total", ImportTotal(*ids, hash_of(source), *days, Minutes(int(minutes)), hash_of("paper"))
        case ["drop", "total", source, "of", volunteer, "by", name]:
            return "hours.drop_total", DropTotal(identifier_of(name), identifier_of(volunteer), hash_of(source))
        case ["train", volunteer, "by", name, "in", training, completed, "until", expires]:
            ids = identifier_of(name), identifier_of(volunteer)
            return "hours.record_training", RecordTraining(
                *ids, training, parse_day(completed), parse_day(expires), hash_of(training)
            )
        case ["award", award, "to", volunteer, "by", name, day]:
            ids = identifier_of(name), identifier_of(volunteer)
            return "hours.record_award", RecordAward(*ids, identifier_of(award), parse_day(day), hash_of(award))
        case ["drop", "training", training, "of", volunteer, "by", name]:
            return "hours.drop_training", DropTraining(identifier_of(name), identifier_of(volunteer), training)
        case ["drop", "award", award, "of", volunteer, "by", name]:
            return "hours.drop_award", DropAward(identifier_of(name), identifier_of(volunteer), identifier_of(award))
    return None


def parse_reserved(line: str) -> ReservedHours:
    """`code1 r1 Shore 2024-03-02 09:00 180`: code, record, activity, day, start or a dash, minutes."""
    code, record, activity, day, start, minutes = line.split()
    return ReservedHours(
        compute_code_hash(identifier_of(code)),
        identifier_of(record),
        identifier_of(activity),
        parse_day(day),
        parse_start(start),
        Minutes(int(minutes)),
        hash_of(record),
    )


def _parse_offers(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["offer", offer, "of", name, points, "points", "until", day]:
            body = PublishOffer(identifier_of(offer), identifier_of(name), Points(int(points)), parse_day(day), hash_of(offer))
            return "exchange.publish_offer", body
        case ["offer", offer, "of", name, points, "points", first, "to", last, stock, "pieces"]:
            ids = identifier_of(offer), identifier_of(name)
            price, details = Points(int(points)), hash_of(offer)
            body = PublishOffer(*ids, price, parse_day(last), details, parse_day(first), int(stock))
            return "exchange.publish_offer", body
        case ["change", offer, "of", name, first, "to", last, stock, "pieces"]:
            ids = identifier_of(offer), identifier_of(name)
            return "exchange.change_offer", ChangeOffer(*ids, parse_day(last), parse_day(first), int(stock))
        case ["withdraw", offer, "of", name]:
            return "exchange.withdraw_offer", WithdrawOffer(identifier_of(offer), identifier_of(name))
    return None


def _parse_settlements(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["settle", month, "of", name]:
            return "exchange.close_settlement", CloseSettlement(identifier_of(name), int(month[:4]), int(month[5:]))
        case ["acknowledge", month, "of", name, captured, "captured", refunded, "refunded"]:
            sums = Points(int(captured)), Points(int(refunded))
            body = AcknowledgeSettlement(identifier_of(name), int(month[:4]), int(month[5:]), *sums)
            return "exchange.acknowledge_settlement", body
    return None


def _parse_exchange(words: list[str], _rows: list[str]) -> Action | None:  # noqa: PLR0911 - a table of words
    match words:
        case ["hold", hold, "by", volunteer, "for", quantity, offer, "until", *until]:
            ids = identifier_of(hold), identifier_of(volunteer), identifier_of(offer)
            return "exchange.hold", HoldPoints(*ids, int(quantity), parse_time(" ".join(until)))
        case ["capture", points, "of", hold]:
            return "exchange.capture", PointsOfHold(identifier_of(hold), Points(int(points)))
        case ["refund", points, "of", hold]:
            return "exchange.refund", PointsOfHold(identifier_of(hold), Points(int(points)))
        case ["deliver", hold]:
            return "exchange.deliver", EndHold(identifier_of(hold))
        case ["release", hold]:
            return "exchange.release", EndHold(identifier_of(hold))
        case ["expire", hold]:
            return "exchange.expire", EndHold(identifier_of(hold))
    return None


def _parse_governance(words: list[str], _rows: list[str]) -> Action | None:
    match words:
        case ["seat", *names, "from", "block", height]:
            return "governance.change_authorities", ChangeAuthorities(Height(int(height)), tuple(map(authority_of, names)))
        case ["set", *values, "from", "block", height]:
            pairs = [item.partition("=") for item in values]
            chosen = tuple(Value(name, int(value)) for name, _, value in pairs)
            return "governance.set_parameters", SetParameters(Height(int(height)), chosen)
        case ["rule-book", version, "from", "block", height]:
            return "governance.set_rule_book", SetRuleBook(Height(int(height)), int(version))
        case ["calendar", *days, "from", "block", height]:
            # Made-up working days have a plus before them.
            holidays = tuple(parse_day(day) for day in days if not day.startswith("+"))
            weekends = tuple(parse_day(day.removeprefix("+")) for day in days if day.startswith("+"))
            return "governance.set_calendar", SetCalendar(Height(int(height)), holidays, weekends)
    return None


def format_value(value: str) -> set[str]:
    """What a table may write for an offending value: as it is, as a name, or as a date for a day number."""
    texts = {value, name_of(value)}
    if value.isdigit() and int(value) < 2_932_897:
        texts.add(to_date(Day(int(value))).isoformat())
    return texts


def describe(chain: Chain, question: str, events: tuple[Any, ...]) -> str:  # noqa: PLR0911 - a table of words
    """Answer a question of a table about the state, or about the events of the transaction before it."""
    match question.split():
        case ["points", name]:
            return _format_lots(chain, chain.read_lots().get(identifier_of(name), ()))
        case ["earned", name]:
            return str(chain.read_table(b"merchant-points").get(identifier_of(name), 0))
        case ["donated", name]:
            return _format_lots(chain, chain.read_table(b"donation-points").get(_parse_account(name) or b"", ()))
        case ["issuer"]:
            return str(chain.read_table(b"issuer").get(b"", 0))
        case ["held", name]:
            hold = chain.read_table(b"hold")[identifier_of(name)]
            return f"{hold.status.name.lower()}: {_format_lots(chain, hold.lots)}"
        case ["allowance", name, activity]:
            return str(chain.read_table(b"allowance").get(identifier_of(activity) + identifier_of(name), 0))
        case ["officers", name]:
            return _format_officers(chain, name)
        case ["calendar", name]:
            return "; ".join(_format_record(record) for record in _read_records(chain, name)) or "empty"
        case ["events"]:
            return "; ".join(_format_event(event) for event in events) or "none"
        case words:
            found = describe_time_bank(chain, words) or _describe_exchange(chain, words)
            return found or _describe_others(chain, words)


def _describe_exchange(chain: Chain, words: list[str]) -> str | None:
    match words:
        case ["taken", name]:
            offer = chain.read_table(b"offer")[identifier_of(name)]
            return f"{offer.taken} of {offer.stock}"
    return None


def _describe_others(chain: Chain, words: list[str]) -> str:  # noqa: PLR0911 - a table of words
    match words:
        case ["key", name]:
            return _format_key(chain, name)
        case ["block"]:
            return str(chain.height)
        case ["parameter", name]:
            return str(chain.read_table(b"parameter").get(name.encode(), PARAMETERS[name].default))
        case ["places", name]:
            return _format_places(chain, name)
        case ["marks", name, year]:
            found = chain.read_table(b"attendance-year").get(identifier_of(name) + int(year).to_bytes(2, "big"))
            return f"{found.attended} attended, {found.absent} absent, {found.excused} excused" if found else "none"
        case ["notices", name]:
            notices = chain.read_table(b"notices").get(identifier_of(name), ())
            return "; ".join(f"{item.subject.name.lower()} {_format_time(item.time_ms)}" for item in notices) or "none"
        case ["covers", insured, name]:
            covers = chain.read_table(b"cover").get(bytes([Insured[insured.upper()]]) + identifier_of(name), ())
            return " ".join(name_of(item.cover.hex()) for item in covers) or "none"
        case ["project", name]:
            project = chain.read_table(b"project")[identifier_of(name)]
            return f"{project.status.name.lower()}, {project.open_activities} open"
        case _:
            return _describe_answers(chain, words)


def _format_time(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms / 1_000 + UTC_OFFSET_MINUTES * 60, UTC)
    return moment.strftime("%Y-%m-%d %H:%M")


def _format_officers(chain: Chain, name: str) -> str:
    """`2 of ann bob, active`."""
    organisation = chain.read_table(b"organisation")[identifier_of(name)]
    officers = " ".join(name_of(key.hex()[:32]) for key in organisation.officers)
    return f"{organisation.approvals} of {officers}, {organisation.standing.name.lower()}"


def _format_key(chain: Chain, volunteer: str) -> str:
    """`mia`, `none`, or `mia, new-phone waits`."""
    key = chain.read_table(b"volunteer")[identifier_of(volunteer)].key
    waiting = chain.read_table(b"key-replacement").get(identifier_of(volunteer))
    shown = "none" if key is None else name_of(key.hex()[:32])
    return shown if waiting is None else f"{shown}, {name_of(waiting.key.hex()[:32])} waits"


def _format_places(chain: Chain, activity: str) -> str:
    """`2 taken: mia noa; waiting: old`; those who have a place by name, those who wait in their order."""
    sign_ups = chain.read_table(b"sign-up").items()
    confirmed = sorted(
        name_of(key[16:].hex()) for key, item in sign_ups if key[:16] == identifier_of(activity) and item.standing == 1
    )
    places = chain.read_table(b"places")[identifier_of(activity)]
    waiting = " ".join(name_of(item.hex()) for item in places.waiting) or "nobody"
    return f"{places.taken} taken: {' '.join(confirmed) or 'nobody'}; waiting: {waiting}"


def _describe_answers(chain: Chain, words: list[str]) -> str:
    match words:
        case ["disputes", name]:
            disputes = chain.read_table(b"dispute").items()
            return (
                "; ".join(sorted(_format_dispute(item) for key, item in disputes if key[:16] == identifier_of(name))) or "none"
            )
        case ["claims", name]:
            claims = [item for key, item in chain.read_table(b"missing").items() if key[:16] == identifier_of(name)]
            texts = (f"{name_of(item.activity.hex())} of {name_of(item.volunteer.hex())}" for item in claims)
            return "; ".join(sorted(texts)) or "none"
        case ["trained", name, training]:
            found = chain.read_table(b"training").get(identifier_of(name) + training.encode())
            return "no" if found is None else f"until {to_date(found.expires_day).isoformat()}"
        case ["imported", name]:
            totals = [item for key, item in chain.read_table(b"imported-total").items() if key[:16] == identifier_of(name)]
            return f"{sum(item.minutes for item in totals)} minutes from {len(totals)} sources"
        case _:
            found = describe_region(chain, words) or describe_order(chain, words) or describe_rating(chain, words)
            return found or describe_account(chain, words) or describe_status(chain, words) or describe_case(chain, words)


def _read_records(chain: Chain, volunteer: str) -> list[Record]:
    months = sorted(chain.read_table(b"calendar").items())
    records = [record for key, month in months if key[:16] == identifier_of(volunteer) for record in month]
    return sorted(records, key=lambda record: (record.day, record.start or 0))


def _format_record(record: Record) -> str:
    day = to_date(record.day).isoformat()
    start = "-" if record.start is None else f"{record.start // 60:02}:{record.start % 60:02}"
    status = "" if record.status is RecordStatus.COUNTED else f" {record.status.name.lower()}"
    late = " late" if record.is_late else ""
    late += " backfilled" if record.is_backfilled else ""
    return f"{name_of(record.record.hex())} {day} {start} {record.minutes}{late}{status}"


def _format_dispute(dispute: Dispute) -> str:
    names = f"{name_of(dispute.record.hex())} of {name_of(dispute.volunteer.hex())}"
    answer = "open" if dispute.resolution is None else dispute.resolution.name.lower()
    return f"{names} {answer}, due {to_date(dispute.deadline_day).isoformat()}"


def _format_lots(chain: Chain, lots: tuple[Any, ...]) -> str:
    records = [record for month in chain.read_table(b"calendar").values() for record in month]
    names = {(record.batch, record.row): name_of(record.record.hex()) for record in records}
    # Lots of one day are spent in the order of their batches' hashes, which no table can know: shown by name instead, and
    # by their last day where no record earned them.
    shown = sorted(
        (lot.expires_day, names.get((lot.batch, lot.row), f"until {to_date(lot.expires_day)}"), lot.points) for lot in lots
    )
    texts = [f"{points} {name}" for _, name, points in shown]
    return f"{sum(lot.points for lot in lots)} = {' + '.join(texts)}" if texts else "0"


def _format_sums(event: AdjustPoints | SettlementClosed) -> str:
    if isinstance(event, SettlementClosed):
        return f"{event.captured} captured, {event.refunded} refunded"
    return f"{event.change:+} points, {event.reason.name.lower().replace('_', '-')}"


def _format_event(event: Any) -> str:  # noqa: PLR0911 - a table of words
    match event:
        case RecordedHours():
            late = " late" if event.is_late else ""
            late += " backfilled" if event.is_backfilled else ""
            return f"recorded {name_of(event.record.hex())}.{event.revision} {event.points} points{late}"
        case VoidedHours():
            return f"voided {name_of(event.record.hex())} {event.points_returned} points"
        case VolunteerEnrolled():
            return f"enrolled {name_of(event.volunteer.hex())}"
        case AdjustPoints() | SettlementClosed():
            return _format_sums(event)
        case ChangedSignUp():
            return f"{name_of(event.volunteer.hex())} {event.standing.name.lower()}"
        case AttendanceMarked():
            return f"{name_of(event.volunteer.hex())} {event.mark.name.lower()} {to_date(event.day).isoformat()}"
        case ProposalApproved():
            return f"{event.approvals} of {event.quorum} approve"
        case HoldChanged() | PointsExpired() | GivePoints() | DonatePoints() | GrantPoints():
            return f"{event.points} points"
        case _:
            return _format_answer(event)


def _format_answer(event: Any) -> str:
    of_time = format_time_event(event)
    if of_time is not None:
        return of_time
    match event:
        case DisputedHours():
            return f"disputed {name_of(event.record.hex())}, due {to_date(event.deadline_day).isoformat()}"
        case ClaimedMissing():
            return f"claimed {name_of(event.claim.hex())}, due {to_date(event.deadline_day).isoformat()}"
        case AnsweredClaim():
            answer = "nothing" if event.record is None else name_of(event.record.hex())
            return f"{answer} for {name_of(event.claim.hex())}{' late' if event.is_late else ''}"
        case ResolvedDispute():
            return f"{event.resolution.name.lower()} {name_of(event.record.hex())}{' late' if event.is_late else ''}"
        case _:
            return next(name for name, item in EVENT_TYPES.items() if item.codec.name == type(event).__name__)
