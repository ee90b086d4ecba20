"""The rule book as a whole: what it starts from, whom it lets in, and whose an entry is."""

from dataclasses import replace

import pytest

from contracts.identity.parties import AUTHORITIES
from contracts.parameters import PARAMETERS, get_parameter
from contracts.rulebook import EVENT_TYPES, KINDS, MODULES, TABLES, compute_genesis_state, get_parties, get_table
from ledger.authorities import Authority
from ledger.codec import encode
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.events import EventType, recall_parties
from ledger.reasons import Reason
from ledger.transactions import Transaction, transaction_codec
from ledger.types import TimeMs
from tests.contracts.chain import AUTHORITY, CHAIN_ID, RULES, Chain, identifier_of, key_of, make_genesis


def test_names_of_kinds_events_and_tables_are_used_once() -> None:
    for named, found in (
        ([kind.name for module in MODULES for kind in module.kinds], KINDS),
        ([table.namespace for module in MODULES for table in module.tables], TABLES),
    ):
        assert len(named) == len(set(named)) == len(found)
    assert len(EVENT_TYPES) == sum(len(module.events) for module in MODULES) + 2
    assert not any(b"/" in namespace for namespace in TABLES)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_is_chosen_within_its_bounds(name: str) -> None:
    parameter = PARAMETERS[name]
    assert get_parameter(compute_genesis_state(make_genesis()), name) == parameter.default
    for value in (parameter.low, parameter.high):
        assert get_parameter(compute_genesis_state(make_genesis([(name, value)])), name) == value
    for value in (parameter.low - 1, parameter.high + 1):
        with pytest.raises(HourledgerError, match=f"{name}={value}"):
            compute_genesis_state(make_genesis([(name, value)]))


def test_authorities_of_the_genesis_decide() -> None:
    genesis = make_genesis()
    assert AUTHORITIES.get(compute_genesis_state(genesis)) == genesis.authorities


def test_unknown_parameter_is_refused() -> None:
    with pytest.raises(HourledgerError, match="no such parameter"):
        compute_genesis_state(make_genesis([("points_per_minute", 1)]))


def test_two_authorities_with_one_key_are_refused() -> None:
    genesis = make_genesis()
    (first,) = genesis.authorities
    twin = Authority("other", first.key, key_of("a").public_key, key_of("b").public_key)
    with pytest.raises(HourledgerError) as refused:
        compute_genesis_state(replace(genesis, authorities=(first, twin)))
    assert refused.value.reason is Reason.KEY_IN_USE


def test_stranger_is_not_admitted_and_one_known_signer_is_enough() -> None:
    chain = Chain(make_genesis())
    with pytest.raises(Rejection) as refused:
        RULES.admit(chain, [key_of("stranger").public_key])
    assert refused.value.reason is Reason.UNKNOWN_KEY
    RULES.admit(chain, [key_of("stranger").public_key, key_of(AUTHORITY).public_key])


def test_kind_that_is_not_there_is_refused_by_its_form() -> None:
    transaction = Transaction(1, CHAIN_ID, "points.steal", b"", identifier_of("nonce"), TimeMs(0))
    assert encode(transaction_codec, transaction)
    with pytest.raises(HourledgerError) as refused:
        RULES.validate_form(transaction)
    assert refused.value.reason is Reason.UNKNOWN_KIND


def test_event_of_another_rule_book_has_no_readable_parties() -> None:
    foreign = EventType("hours.given", KINDS["exchange.release"].codec)
    entry = foreign.encode(KINDS["exchange.release"].codec.from_wire([b"h" * 16]))
    recall_parties(entry)  # which only the program knows that made it
    with pytest.raises(CodecError) as refused:
        get_parties(entry)
    assert refused.value.reason is Reason.UNSUPPORTED_VERSION


def test_every_key_of_the_state_belongs_to_a_table() -> None:
    chain = Chain(make_genesis([("daily_cap_minutes", 600)]))
    assert all(get_table(key) is not None for key in chain.state)
    assert get_table(b"nothing/key") is None
