"""Merchants: admitted by an authority, known by one key."""

from dataclasses import dataclass

from contracts.identity.parties import (
    MERCHANTS,
    Merchant,
    Party,
    Role,
    Standing,
    name_codec,
    require_authority,
    require_free,
    take_key,
)
from contracts.kinds import Kind
from ledger import codec
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class RegisterMerchant:
    """Body and event: an authority admits a merchant."""

    merchant: Identifier
    name: str
    key: PublicKey


_register_merchant = codec.struct(RegisterMerchant, codec.identifier, name_codec, codec.public_key)
MERCHANT_REGISTERED = EventType("identity.merchant_registered", _register_merchant)


def register_merchant(state: Overlay, body: RegisterMerchant, context: TransactionContext) -> Effects:
    """Admit a merchant (signed by an authority)."""
    require_authority(state, context)
    require_free(state, body.merchant)
    take_key(state, body.key, Party(Role.MERCHANT, body.merchant))
    MERCHANTS.put(state, Merchant(body.name, Standing.ACTIVE, body.key), body.merchant)
    return Effects((MERCHANT_REGISTERED.encode(body),))


KINDS = (Kind("identity.register_merchant", _register_merchant, register_merchant),)
EVENTS = (MERCHANT_REGISTERED,)
