"""Who may read what. Public values and events need nothing; the others a request signed by a party to them.

Organisations read their own records, volunteers their own, merchants their holds (DESIGN section 9). Nobody reads by office:
authorities keep the ledger and have no right to its people.
"""

from collections.abc import Iterable, Iterator

from aiohttp import web

from contracts.exchange import HOLDS
from contracts.identity.departed import VOLUNTEERS, resolve_account
from contracts.identity.lineage import GUIDES, SUCCESSORS, find_acting
from contracts.identity.parties import KEYS, ORGANISATIONS, Party, Role
from contracts.identity.wards import GUARDIANS
from contracts.rulebook import get_parties, get_table
from ledger.errors import HourledgerError
from ledger.events import OUTCOME, split_entry
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import IDENTIFIER_BYTES, Identifier, PublicKey
from node.api.requests import get_service
from node.api.signatures import RequestParts, verify_request

_OWNED = frozenset(
    {
        b"volunteer",
        b"key-replacement",
        b"balance",
        b"time-account",
        b"time-attestation",
        b"merchant-time",
        b"calendar",
        b"imported-total",
        b"training",
        b"award",
        b"missing-count",
        b"merged",
        b"guardian",
        b"merchant-points",
        b"card",
        b"turnover",
    }
)
"""Tables whose keys begin with the identifier of the party that may read the value."""


def authenticate(request: web.Request, view: View, body: bytes = b"") -> Identifier | None:
    """Return the party that signed a request, None for one that is not signed; raise `NOT_AUTHENTICATED`.

    An officer counts only while an officer of the organisation, a volunteer's key only while it is the volunteer's.
    """
    signer = find_signer(request, view, body)
    return None if signer is None else signer.identifier


def find_signer(request: web.Request, view: View, body: bytes = b"") -> Party | None:
    """Return who signed a request and in what role, as `authenticate` does."""
    key = find_key(request, body)
    if key is None:
        return None
    party = _find_party(view, key)
    if party is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "the request's key belongs to nobody on this chain", key.hex())
    return party


def find_key(request: web.Request, body: bytes) -> PublicKey | None:
    """Return the key that signed a request, whose ever it is, None for one that is not signed; raise `NOT_AUTHENTICATED`."""
    if "Signature" not in request.headers and "Signature-Input" not in request.headers:
        return None
    path, _, query = request.raw_path.partition("?")
    parts = RequestParts(request.method, path, query, body)
    return verify_request(parts, request.headers, get_service(request).clock())


def _find_party(view: View, key: PublicKey) -> Party | None:
    party = KEYS.get(view, key)
    if party is None:
        return None
    if party.role is Role.OFFICER:
        organisation = ORGANISATIONS.get(view, party.identifier)
        if organisation is None or key not in organisation.officers or SUCCESSORS.has(view, party.identifier):
            return None
    if party.role is Role.VOLUNTEER:
        volunteer = VOLUNTEERS.get(view, party.identifier)
        if volunteer is None or key != volunteer.key:
            return None
    if party.role is Role.GUARDIAN and GUARDIANS.get(view, party.identifier) != key:
        return None
    return party


def require_party(signed_by: Identifier | None, allowed: Iterable[Identifier], view: View) -> None:
    """Raise `NOT_AUTHENTICATED` for a request that is not signed, `NOT_PERMITTED` for another's.

    Who has taken a party's place, or guides it, may read what it may.
    """
    if signed_by is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "the answer is for its parties only")
    if not is_party(signed_by, allowed, view):
        raise HourledgerError(Reason.NOT_PERMITTED, "the signer is no party to it", signed_by.hex())


def is_party(signed_by: Identifier, allowed: Iterable[Identifier], view: View) -> bool:
    """Whether a signer is one of the parties, or has taken the place of one, or guides it."""
    return signed_by in {reader for item in allowed for reader in _iterate_heirs(view, item)}


def _iterate_heirs(view: View, party: Identifier) -> Iterator[Identifier]:
    """Yield a party, and who has taken its place or answers for it: the account it went over into, a successor, a guide."""
    yield from (party, resolve_account(view, party), find_acting(view, party))
    guide = GUIDES.get(view, party)
    if guide is not None:
        yield find_acting(view, guide)


def require_entry(signed_by: Identifier | None, entry: bytes, view: View) -> None:
    """Raise unless the signer may read an entry of the log.

    An outcome names no parties, and a refusal's value may be a balance, a day's minutes or an account. So nobody reads one by
    its place in the log: it is told to whoever knows the transaction's id, which only those have who had the transaction.
    """
    if split_entry(entry)[0] == OUTCOME.name:
        raise HourledgerError(Reason.NOT_PERMITTED, "an outcome is told to whoever asks for its transaction by id")
    parties = get_parties(entry)
    if parties:
        require_party(signed_by, parties, view)


def require_key(signed_by: Identifier | None, view: View, key: bytes) -> None:
    """Raise unless the signer may read a value of the state."""
    table = get_table(key)
    if table is None:
        raise HourledgerError(Reason.NOT_FOUND, "the state has no such table", key.hex()[:80])
    if not table.is_public:
        require_party(signed_by, _find_readers(view, table.namespace, key), view)


def _find_readers(view: View, namespace: bytes, key: bytes) -> tuple[Identifier, ...]:
    owner = key[len(namespace) + 1 :][:IDENTIFIER_BYTES]
    if namespace in _OWNED:
        return (Identifier(owner),)
    if namespace == HOLDS.namespace:
        hold = HOLDS.get(view, owner)
        return () if hold is None else (hold.volunteer, hold.merchant)
    return ()
