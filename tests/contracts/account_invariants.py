"""What must hold of accounts in every state: those that are there, and those that were."""

from contracts.identity.parties import Role
from tests.contracts.chain import Chain


def read_accounts(chain: Chain) -> set[bytes]:
    """Identifiers of all accounts that are there or were."""
    return {*chain.read_table(b"volunteer"), *chain.read_table(b"erased"), *chain.read_table(b"merged")}


def find_remaining(chain: Chain, volunteer: bytes) -> bytes:
    """The account that a volunteer's went over into, itself where it did not."""
    merged = chain.read_table(b"merged")
    met = {volunteer}
    while volunteer in merged:
        volunteer = merged[volunteer]
        assert volunteer not in met
        met.add(volunteer)
    return volunteer


def check_accounts(chain: Chain) -> None:
    """Raise `AssertionError` where something is left of an account that is no more, or one person has two accounts."""
    check_merged(chain)
    check_lineage(chain)
    volunteers, erased = chain.read_table(b"volunteer"), chain.read_table(b"erased")
    tags = chain.read_table(b"tag")
    assert set(chain.read_lots()) <= set(volunteers)
    assert set(chain.read_table(b"enrolled")) == set(volunteers)
    assert set(chain.read_table(b"key-replacement")) <= set(volunteers)
    own = [(tag, identifier) for identifier, volunteer in volunteers.items() for tag in volunteer.tags]
    assert len({tag for tag, _ in own}) == len(own)
    assert all(tags[tag] == identifier for tag, identifier in own)
    # The tag of somebody who was erased stays only where a sanction was in force then.
    assert all(identifier in chain.read_table(b"block") for identifier in set(tags.values()) - set(volunteers))
    assert set(tags.values()) <= {*volunteers, *erased}
    keys = chain.read_table(b"key").values()
    guardians = chain.read_table(b"guardian")
    assert set(guardians) <= set(volunteers)
    for identifier, key in guardians.items():
        party = chain.read_table(b"key")[key]
        assert (party.role, party.identifier) == (Role.GUARDIAN, identifier)
    assert {party.identifier for party in keys if party.role is Role.VOLUNTEER} <= read_accounts(chain)


def check_merged(chain: Chain) -> None:
    """Who was merged has nothing that the remaining account should have, and ends at one that is there or is erased."""
    merged = chain.read_table(b"merged")
    for volunteer in merged:
        remaining = find_remaining(chain, volunteer)
        assert remaining in {*chain.read_table(b"volunteer"), *chain.read_table(b"erased")}
        assert volunteer not in chain.read_lots()
    assert not set(merged) & {*chain.read_table(b"volunteer"), *chain.read_table(b"erased")}


def check_lineage(chain: Chain) -> None:
    """Nobody succeeds or guides itself, and a group guides no other."""
    organisations, guides = chain.read_table(b"organisation"), chain.read_table(b"guide")
    for table in (chain.read_table(b"successor"), guides):
        assert {*table, *table.values()} <= set(organisations)
        assert all(key != other for key, other in table.items())
    assert not set(guides) & set(guides.values())
