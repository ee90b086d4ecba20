"""The one list of reasons for which anything is refused, in order of precedence.

When several reasons apply to one input, the earlier one in this list is the answer, so every bad input has exactly one right
answer. `docs/reasons.md` is generated from this module and checked by a test.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What a process ends with (DESIGN section 12)."""

    OK = 0
    REFUSED = 1
    """The input was understood and the answer is no."""
    USAGE = 2
    """The command or a file given to it cannot be used as it is."""
    UNDETERMINED = 3
    """No answer could be had now; the same command may succeed later."""
    DAMAGED = 4
    """This machine's own files or disk need an operator."""


class Reason(StrEnum):
    """Why something was refused. The order is the order of precedence."""

    # Form: visible in the bytes alone.
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_VERSION = "unsupported_version"
    WRONG_CHAIN = "wrong_chain"
    UNKNOWN_KIND = "unknown_kind"
    MALFORMED_BODY = "malformed_body"
    EXPIRED = "expired"
    VALID_TOO_LONG = "valid_too_long"
    INVALID_SIGNATURE = "invalid_signature"
    # Who may do it.
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_ORGANISATION = "unknown_organisation"
    UNKNOWN_HOLD = "unknown_hold"
    UNKNOWN_MERCHANT = "unknown_merchant"
    UNKNOWN_VOLUNTEER = "unknown_volunteer"
    VOLUNTEER_ERASED = "volunteer_erased"
    VOLUNTEER_MERGED = "volunteer_merged"
    UNKNOWN_REPLACEMENT = "unknown_replacement"
    UNKNOWN_REGION = "unknown_region"
    NOT_PERMITTED = "not_permitted"
    ORGANISATION_SUCCEEDED = "organisation_succeeded"
    SUSPENDED = "suspended"
    INSUFFICIENT_SIGNATURES = "insufficient_signatures"
    # What it is done to.
    DUPLICATE_PERSON = "duplicate_person"
    ALREADY_EXISTS = "already_exists"
    KEY_IN_USE = "key_in_use"
    INVALID_POLICY = "invalid_policy"
    WAITING_PERIOD = "waiting_period"
    LAST_OFFICER = "last_officer"
    ORDER_STEP = "order_step"
    RATING_OPEN = "rating_open"
    UNKNOWN_RATING = "unknown_rating"
    WRONG_TOKEN = "wrong_token"
    OVER_ORDER = "over_order"
    TOO_MANY_ORDERS = "too_many_orders"
    UNKNOWN_CLAIM = "unknown_claim"
    UNKNOWN_AWARD = "unknown_award"
    UNKNOWN_RECORD = "unknown_record"
    RECORD_VOID = "record_void"
    DUPLICATE_RECORD = "duplicate_record"
    UNKNOWN_ACTIVITY = "unknown_activity"
    ACTIVITY_CLOSED = "activity_closed"
    INVALID_PERIOD = "invalid_period"
    INVALID_COEFFICIENT = "invalid_coefficient"
    # Activities.
    ACTIVITY_BEGUN = "activity_begun"
    UNKNOWN_PROJECT = "unknown_project"
    PROJECT_CLOSED = "project_closed"
    PROJECT_OPEN = "project_open"
    SIGN_UP_CLOSED = "sign_up_closed"
    UNKNOWN_SIGN_UP = "unknown_sign_up"
    NOT_ATTENDED = "not_attended"
    VOLUNTEER_BLOCKED = "volunteer_blocked"
    TRAINING_MISSING = "training_missing"
    COVER_MISSING = "cover_missing"
    UNKNOWN_COVER = "unknown_cover"
    ACTIVITY_FULL = "activity_full"
    # Hours.
    UNKNOWN_DISPUTE = "unknown_dispute"
    ALREADY_DISPUTED = "already_disputed"
    TOO_MANY_CLAIMS = "too_many_claims"
    CLASS_COUNTS_NO_HOURS = "class_counts_no_hours"
    OUTSIDE_ACTIVITY = "outside_activity"
    INVALID_MINUTES = "invalid_minutes"
    FUTURE_DATE = "future_date"
    NO_CHANGE = "no_change"
    OVERLAP = "overlap"
    DAILY_CAP = "daily_cap"
    BATCH_REFUSED = "batch_refused"
    # Points and exchange.
    UNKNOWN_OFFER = "unknown_offer"
    OFFER_CLOSED = "offer_closed"
    OUT_OF_STOCK = "out_of_stock"
    HOLD_CLOSED = "hold_closed"
    HOLD_EXPIRED = "hold_expired"
    HOLD_NOT_EXPIRED = "hold_not_expired"
    NO_REFUNDS = "no_refunds"
    NOT_CAPTURED = "not_captured"
    UNKNOWN_SETTLEMENT = "unknown_settlement"
    INVALID_POINTS = "invalid_points"
    INSUFFICIENT_POINTS = "insufficient_points"
    OVER_HOLD = "over_hold"
    OVER_CAPTURE = "over_capture"
    NOTHING_EXPIRED = "nothing_expired"
    ACCOUNT_FULL = "account_full"
    # Time bank.
    TIME_NOT_OFFERED = "time_not_offered"
    UNKNOWN_ATTESTATION = "unknown_attestation"
    NOT_ATTESTED = "not_attested"
    STARS_MISSING = "stars_missing"
    ALREADY_SAVED = "already_saved"
    ALREADY_REDEEMED = "already_redeemed"
    INSUFFICIENT_TIME = "insufficient_time"
    # Certificates and reports.
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    CERTIFICATE_CLOSED = "certificate_closed"
    FOREIGN_NUMBER = "foreign_number"
    UNKNOWN_CARD = "unknown_card"
    CARD_CLOSED = "card_closed"
    POSITION_TAKEN = "position_taken"
    LIST_NOT_OPEN = "list_not_open"
    AWARD_CLOSED = "award_closed"
    TOO_FEW_HOURS = "too_few_hours"
    TOO_SHORT_TENURE = "too_short_tenure"
    PUBLICITY_OVER = "publicity_over"
    PUBLICITY_RUNNING = "publicity_running"
    FUTURE_HEIGHT = "future_height"
    # Sanctions.
    TOO_FEW_ABSENCES = "too_few_absences"
    UNKNOWN_SANCTION = "unknown_sanction"
    SANCTION_CLOSED = "sanction_closed"
    # Governance.
    CHANGE_PENDING = "change_pending"
    INVALID_PROPOSAL = "invalid_proposal"
    INVALID_AUTHORITIES = "invalid_authorities"
    # Checking a file from elsewhere.
    NO_CODE = "no_code"
    SEVERAL_CODES = "several_codes"
    UNTRUSTED_LOG = "untrusted_log"
    QUORUM_MISSING = "quorum_missing"
    INVALID_PROOF = "invalid_proof"
    COMMITMENT_MISMATCH = "commitment_mismatch"
    CLAIM_MISMATCH = "claim_mismatch"
    NOT_CURRENT = "not_current"
    STALE = "stale"
    STATUS_UNKNOWN = "status_unknown"
    KEY_BINDING_MISSING = "key_binding_missing"
    NODE_NOT_CURRENT = "node_not_current"
    # Using the programs.
    USAGE = "usage"
    UNREADABLE_FILE = "unreadable_file"
    UNREADABLE_ROWS = "unreadable_rows"
    MISSING_PASSPHRASE = "missing_passphrase"
    WRONG_PASSPHRASE = "wrong_passphrase"
    INVALID_KEY_FILE = "invalid_key_file"
    NOT_FOUND = "not_found"
    PRUNED = "pruned"
    SNAPSHOT_TOO_OLD = "snapshot_too_old"
    NOT_AUTHENTICATED = "not_authenticated"
    BUSY = "busy"
    NOT_FINAL = "not_final"
    NODE_UNREACHABLE = "node_unreachable"
    PORT_IN_USE = "port_in_use"
    STORE_IN_USE = "store_in_use"
    STORE_OF_ANOTHER_CHAIN = "store_of_another_chain"
    STORE_DAMAGED = "store_damaged"
    WRITE_FAILED = "write_failed"
    INTERNAL = "internal"


SIGNER_REASONS = frozenset(
    {
        Reason.UNKNOWN_KEY,
        Reason.UNKNOWN_ORGANISATION,
        Reason.UNKNOWN_MERCHANT,
        Reason.UNKNOWN_REGION,
        Reason.UNKNOWN_VOLUNTEER,
        Reason.VOLUNTEER_ERASED,
        Reason.VOLUNTEER_MERGED,
        Reason.NOT_PERMITTED,
        Reason.ORGANISATION_SUCCEEDED,
        Reason.SUSPENDED,
        Reason.INSUFFICIENT_SIGNATURES,
        Reason.UNKNOWN_REPLACEMENT,  # whose new key would have to sign
        Reason.UNKNOWN_ORDER,  # whose organisation or volunteer would have to sign
        Reason.UNKNOWN_HOLD,  # whose merchant would have to sign, so nobody can be asked for yet
    }
)
"""Refusals that may be about who signed, or that come before anybody could be asked who signed. They are answered but never
recorded: an id covers the payload and not its signatures, so a recorded one would let anybody who sees a payload send it under a
wrong signature and so end it for its owner. A draft that lacks a signature stays good, too."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a reason means and what the person who meets it does next."""

    meaning: str
    next_step: str
    exit_code: ExitCode = ExitCode.REFUSED


def _usage(meaning: str, next_step: str) -> Explanation:
    return Explanation(meaning, next_step, ExitCode.USAGE)


def _later(meaning: str, next_step: str) -> Explanation:
    return Explanation(meaning, next_step, ExitCode.UNDETERMINED)


def _operator(meaning: str, next_step: str) -> Explanation:
    return Explanation(meaning, next_step, ExitCode.DAMAGED)


EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.MALFORMED: _usage("the bytes are not in the expected format", "make the file again with the program that wrote it"),
    Reason.TOO_LARGE: _usage("the input is larger than the limit", "split it into smaller parts"),
    Reason.UNSUPPORTED_VERSION: _usage("the format version is not known here", "upgrade hourledger"),
    Reason.WRONG_CHAIN: Explanation("it was made for another chain", "use the node and the files of the chain it names"),
    Reason.UNKNOWN_KIND: Explanation("the rule book has no such kind of transaction", "upgrade hourledger, or check the kind"),
    Reason.MALFORMED_BODY: Explanation("the body does not fit its kind", "make the transaction again"),
    Reason.EXPIRED: Explanation("it was valid only until a time that has passed", "make it again and have it signed again"),
    Reason.VALID_TOO_LONG: Explanation("it asks to stay valid for longer than allowed", "choose an earlier end of validity"),
    Reason.INVALID_SIGNATURE: Explanation("a signature does not fit its key and content", "sign again with the right key"),
    Reason.UNKNOWN_KEY: Explanation("the key belongs to nobody on this chain", "use a registered key, or have this one registered"),
    Reason.UNKNOWN_ORDER: Explanation("no such order, or it is cancelled or closed", "check the order's identifier"),
    Reason.UNKNOWN_ORGANISATION: Explanation("no such organisation", "check the identifier, or register the organisation"),
    Reason.UNKNOWN_MERCHANT: Explanation("no such merchant", "check the identifier, or register the merchant"),
    Reason.UNKNOWN_REGION: Explanation("the region is not trusted here", "ask the authorities to vote for its trust file"),
    Reason.UNKNOWN_VOLUNTEER: Explanation("no such volunteer", "enrol the volunteer first"),
    Reason.VOLUNTEER_ERASED: Explanation("the account was erased", "destroy what you still have about the person"),
    Reason.VOLUNTEER_MERGED: Explanation("the account went over into another", "use the account that is named"),
    Reason.UNKNOWN_REPLACEMENT: Explanation("no new key waits for the volunteer", "have the organisation ask for one"),
    Reason.NOT_PERMITTED: Explanation("the signer may not do this", "have it signed by someone whose role allows it"),
    Reason.ORGANISATION_SUCCEEDED: Explanation("the organisation is no more", "turn to the successor that is named"),
    Reason.SUSPENDED: Explanation("the party is suspended", "ask the authority to reinstate it"),
    Reason.INSUFFICIENT_SIGNATURES: Explanation("more people must sign", "pass the draft to another officer, or to an authority, to sign"),
    Reason.ALREADY_EXISTS: Explanation("the identifier is taken", "choose another, or use what exists"),
    Reason.KEY_IN_USE: Explanation("the key already belongs to somebody", "make a new key"),
    Reason.DUPLICATE_PERSON: Explanation("this person already has an account", "use the existing account"),
    Reason.INVALID_POLICY: Explanation("the policy asks for a number of officers that cannot be met", "choose 1 up to the officers"),
    Reason.WAITING_PERIOD: Explanation("the old key may still object", "wait until the days are over"),
    Reason.LAST_OFFICER: Explanation("the policy could not be met without this officer", "add another officer first"),
    Reason.ORDER_STEP: Explanation("the order is at another step", "look up how far the order is"),
    Reason.RATING_OPEN: Explanation("the person served may still rate the order", "wait for the rating, or until the days are over"),
    Reason.UNKNOWN_RATING: Explanation("no such rating is waited for", "check its identifier; a rating is given once"),
    Reason.WRONG_TOKEN: Explanation("it is not signed with the token that was handed over for it", "use the token of that very order"),
    Reason.OVER_ORDER: Explanation("more minutes than were completed for the order", "certify at most what was completed"),
    Reason.TOO_MANY_ORDERS: Explanation("too many orders are not closed", "cancel or close orders first"),
    Reason.UNKNOWN_ACTIVITY: Explanation("no such activity of this organisation", "publish the activity first"),
    Reason.ACTIVITY_CLOSED: Explanation("the activity is closed", "publish a new one"),
    Reason.INVALID_PERIOD: Explanation("the period ends before it begins, or is too long", "correct the dates"),
    Reason.INVALID_COEFFICIENT: Explanation("the coefficient is higher than the region allows", "choose a lower one"),
    Reason.ACTIVITY_BEGUN: Explanation("the activity has begun", "change only days to come, or close it"),
    Reason.UNKNOWN_PROJECT: Explanation("no such project of this organisation", "open the project first"),
    Reason.PROJECT_CLOSED: Explanation("the project is closed", "open a new one that improves on it"),
    Reason.PROJECT_OPEN: Explanation("the project is not at its end", "close its activities, then close or evaluate it"),
    Reason.SIGN_UP_CLOSED: Explanation("sign-up for the activity is not open", "ask its organisation, or choose another activity"),
    Reason.UNKNOWN_SIGN_UP: Explanation("the volunteer has not signed up", "check the activity and the volunteer"),
    Reason.NOT_ATTENDED: Explanation("nobody has marked that the volunteer attended", "mark the attendance first"),
    Reason.VOLUNTEER_BLOCKED: Explanation("a sanction is in force", "wait for its last day, or appeal against it"),
    Reason.TRAINING_MISSING: Explanation("the volunteer has not had a training that is asked for", "take the training first"),
    Reason.COVER_MISSING: Explanation("no insurance covers all days to come", "attach a cover to the activity or the volunteer"),
    Reason.UNKNOWN_COVER: Explanation("the organisation has attached no such cover", "check the cover and whom it insures"),
    Reason.ACTIVITY_FULL: Explanation("all places are taken", "choose another activity, or offer more places"),
    Reason.UNKNOWN_DISPUTE: Explanation("the record is not disputed", "check the volunteer, the date and the record"),
    Reason.ALREADY_DISPUTED: Explanation("the record is disputed already", "wait for the answer, or for an amendment"),
    Reason.UNKNOWN_CLAIM: Explanation("there is no such claim, or no service for that code", "check the claim or the code"),
    Reason.TOO_MANY_CLAIMS: Explanation("too many claims wait for an answer", "wait for answers first"),
    Reason.CLASS_COUNTS_NO_HOURS: Explanation("activities of this class count no service hours", "record it as what it was"),
    Reason.OUTSIDE_ACTIVITY: Explanation("the date lies outside the activity's dates", "correct the date or the activity"),
    Reason.INVALID_MINUTES: Explanation("the minutes are zero, negative or too many for one record", "correct the minutes"),
    Reason.FUTURE_DATE: Explanation("the service has not ended yet", "certify it after it has ended"),
    Reason.UNKNOWN_RECORD: Explanation("no such record", "check the record's identifier and volunteer"),
    Reason.RECORD_VOID: Explanation("the record was made void", "certify a new record if the service took place"),
    Reason.NO_CHANGE: Explanation("it would change nothing", "leave it as it is"),
    Reason.DUPLICATE_RECORD: Explanation("this record is already certified", "nothing needs to be done"),
    Reason.OVERLAP: Explanation("the volunteer already has a record at that time", "correct one of the two records"),
    Reason.DAILY_CAP: Explanation("the day's records together exceed the daily limit", "correct the minutes, or the other record"),
    Reason.BATCH_REFUSED: Explanation("a row was refused, and the batch asked for all or nothing", "correct the row named"),
    Reason.UNKNOWN_OFFER: Explanation("no such offer", "check the offer's identifier"),
    Reason.OFFER_CLOSED: Explanation("the offer is not open now", "choose another offer"),
    Reason.OUT_OF_STOCK: Explanation("too few pieces of the offer are left", "take fewer, or choose another offer"),
    Reason.UNKNOWN_HOLD: Explanation("no such hold", "check the hold's identifier"),
    Reason.HOLD_CLOSED: Explanation("the hold was already captured, released or expired", "ask the volunteer for a new hold"),
    Reason.HOLD_EXPIRED: Explanation("the hold's time is over", "ask the volunteer for a new hold"),
    Reason.HOLD_NOT_EXPIRED: Explanation("the hold's time is not over", "wait, or have the merchant release it"),
    Reason.NO_REFUNDS: Explanation("this region gives no refunds", "settle the matter with the volunteer in another way"),
    Reason.NOT_CAPTURED: Explanation("nothing is captured for the hold", "capture the points first"),
    Reason.UNKNOWN_SETTLEMENT: Explanation("the merchant has no such month to settle", "check the month, or have it closed first"),
    Reason.INVALID_POINTS: Explanation("the number of points does not fit", "use the number that the offer or the month states"),
    Reason.INSUFFICIENT_POINTS: Explanation("the balance is too small", "hold fewer points"),
    Reason.OVER_HOLD: Explanation("more points than the hold has", "capture at most what is held"),
    Reason.OVER_CAPTURE: Explanation("more points than were captured and not yet refunded", "refund at most what was captured"),
    Reason.NOTHING_EXPIRED: Explanation("nothing has expired", "nothing needs to be done"),
    Reason.ACCOUNT_FULL: Explanation("the account holds as many lots as it can", "spend or give some of them first"),
    Reason.TIME_NOT_OFFERED: Explanation("the region's time bank does not do this", "look at the region's numbers"),
    Reason.UNKNOWN_ATTESTATION: Explanation("the registrar has attested no such thing", "check the people and the registrar"),
    Reason.NOT_ATTESTED: Explanation("an age or a relative is not attested", "show the papers to a registrar first"),
    Reason.STARS_MISSING: Explanation("the volunteer has too few stars", "name a star award that is the volunteer's"),
    Reason.ALREADY_SAVED: Explanation("the record's time is saved already", "nothing needs to be done"),
    Reason.ALREADY_REDEEMED: Explanation("the service is paid for already", "nothing needs to be done"),
    Reason.INSUFFICIENT_TIME: Explanation("too few minutes are there", "choose fewer minutes"),
    Reason.UNKNOWN_CERTIFICATE: Explanation("the register has no such certificate of the organisation", "check the number"),
    Reason.CERTIFICATE_CLOSED: Explanation("the certificate does not stand", "reinstate a suspended one, or register another"),
    Reason.FOREIGN_NUMBER: Explanation("the number is of another organisation's certificate", "register the file as it was issued"),
    Reason.UNKNOWN_CARD: Explanation("the volunteer has no such card", "register the card first, or check its position"),
    Reason.CARD_CLOSED: Explanation("the card is suspended or was revoked", "reinstate a suspended one, or register another"),
    Reason.POSITION_TAKEN: Explanation("another certificate or card has the position", "ask a node for a free one and try again"),
    Reason.LIST_NOT_OPEN: Explanation("the list of that position is not in use yet", "ask a node for a free position"),
    Reason.UNKNOWN_AWARD: Explanation("the organisation has no such award", "check the identifier, or publicise the award first"),
    Reason.AWARD_CLOSED: Explanation("the award was made or withdrawn already", "publicise another one"),
    Reason.TOO_FEW_HOURS: Explanation("the volunteer has fewer hours than the star asks for", "award it once they are served"),
    Reason.TOO_SHORT_TENURE: Explanation("the volunteer has not been enrolled for long enough", "publicise the star later"),
    Reason.PUBLICITY_OVER: Explanation("the time for objections is over", "turn to the organisation or an authority"),
    Reason.PUBLICITY_RUNNING: Explanation("the award is still publicised", "award it when the days for objections are over"),
    Reason.FUTURE_HEIGHT: Explanation("the chain has not come to that height", "name the height that the report was made from"),
    Reason.TOO_FEW_ABSENCES: Explanation("the volunteer was not absent that often this year", "name another reason, or propose nothing"),
    Reason.UNKNOWN_SANCTION: Explanation("the volunteer has no such sanction of the organisation", "check the identifier"),
    Reason.SANCTION_CLOSED: Explanation("the sanction is past that step", "look at where it stands"),
    Reason.CHANGE_PENDING: Explanation("another change is to take effect first", "wait until it has, then ask for this one"),
    Reason.INVALID_PROPOSAL: Explanation("what is proposed, or its height, cannot be", "correct the values or the height"),
    Reason.INVALID_AUTHORITIES: Explanation("the authorities or their height cannot be", "correct the names, keys or height"),
    Reason.NO_CODE: _later("there is no code of this ledger that can be read", "take the picture again, flat, near and in good light, or give the file itself"),
    Reason.SEVERAL_CODES: _later("there is more than one thing to verify", "show one at a time"),
    Reason.UNTRUSTED_LOG: _later("the trust file does not know the log that it comes from", "get that region's trust file"),
    Reason.QUORUM_MISSING: Explanation("too few trusted authorities vouch for it", "ask for a certificate with a full checkpoint"),
    Reason.INVALID_PROOF: Explanation("a proof does not lead to the trusted root", "do not rely on the file; ask for a new one"),
    Reason.COMMITMENT_MISMATCH: Explanation("a detail is not the one that was certified", "do not rely on the file"),
    Reason.CLAIM_MISMATCH: Explanation("a statement is not what the evidence shows", "do not rely on the file"),
    Reason.NOT_CURRENT: Explanation("something in it was made void or withdrawn", "ask for a current certificate"),
    Reason.NODE_NOT_CURRENT: _later("the node's newest checkpoint does not count under the trust file, or is too old", "ask another node, or again in a minute; if that is no help, take the region's new trust file by a way that you trust"),
    Reason.STALE: _later("the evidence is older than you accept", "ask for a newly issued certificate"),
    Reason.STATUS_UNKNOWN: _later("its status could not be had", "give its status list with --status, or a node with --node"),
    Reason.KEY_BINDING_MISSING: _later("nobody has shown that the card is theirs", "ask the holder to show it anew, for your nonce"),
    Reason.USAGE: _usage("the command cannot be carried out as given", "see --help"),
    Reason.UNREADABLE_FILE: _usage("the file cannot be read", "check the path, the format and your rights"),
    Reason.UNREADABLE_ROWS: _usage("some rows cannot be used", "correct the rows named and import the file again"),
    Reason.MISSING_PASSPHRASE: _usage("the key is encrypted and no passphrase was given", "give one by prompt, file or environment"),
    Reason.WRONG_PASSPHRASE: _usage("the passphrase does not open the key", "try the right passphrase"),
    Reason.INVALID_KEY_FILE: _usage("the file is not an Ed25519 key in PKCS#8", "name the right file"),
    Reason.NOT_FOUND: Explanation("there is nothing under that name", "check the identifier or the path"),
    Reason.PRUNED: Explanation("this node does not hold blocks that old any more", "ask a node that keeps them all"),
    Reason.SNAPSHOT_TOO_OLD: Explanation("the snapshot is older than what this node has vouched for", "take a newer snapshot"),
    Reason.NOT_AUTHENTICATED: Explanation("the request must be signed by someone with a right to the answer", "sign with your key"),
    Reason.BUSY: _later("the node has more work than it can take", "send it again after the time that the node names"),
    Reason.NOT_FINAL: _later("the outcome is not final yet", "ask again, or send the same transaction again"),
    Reason.NODE_UNREACHABLE: _later("the node does not answer", "check that it runs and that its address is right"),
    Reason.PORT_IN_USE: _usage("the port is in use", "choose another port, or stop the program that has it"),
    Reason.STORE_IN_USE: _usage("another process has the store open", "stop that process first"),
    Reason.STORE_OF_ANOTHER_CHAIN: _usage("the store belongs to another chain", "name the right folder or genesis file"),
    Reason.STORE_DAMAGED: _operator("the store is damaged", "run hourledger fsck, and restore the store from a good copy"),
    Reason.WRITE_FAILED: _operator("the disk refused a write", "free space or replace the disk, then start again"),
    Reason.INTERNAL: _operator("the program met a state that it does not know", "report it with the log"),
}
