"""What must hold of certificates, stars and sanctions in every state."""

from contracts.certificates.registry import CertificateStatus
from contracts.sanctions import SanctionStatus
from tests.contracts.account_invariants import find_remaining, read_accounts
from tests.contracts.chain import Chain


def check_cases(chain: Chain) -> None:
    """Raise `AssertionError` where what is on record contradicts itself."""
    check_certificates(chain)
    check_stars(chain)
    check_sanctions(chain)


def check_certificates(chain: Chain) -> None:
    """Every certificate has a holder; one that is superseded has a successor of the same two parties, in no circle."""
    certificates, holders = chain.read_table(b"certificate"), chain.read_table(b"certificate-holder")
    erased = {number for number, entry in certificates.items() if entry.status is CertificateStatus.ERASED}
    assert certificates.keys() - erased == holders.keys()
    assert set(holders.values()) <= read_accounts(chain)
    for number, entry in certificates.items():
        assert entry.first_day <= entry.last_day <= entry.issued_day
        assert entry.minutes > 0
        assert (entry.successor is None) is (entry.status is not CertificateStatus.SUPERSEDED)
        met = {number}
        while entry.successor is not None:
            assert entry.successor not in met
            assert {entry.successor, number} & erased or _is_one_person(chain, holders[entry.successor], holders[number])
            assert certificates[entry.successor].organisation == entry.organisation
            met.add(entry.successor)
            entry = certificates[entry.successor]  # noqa: PLW2901 - follows the chain of successors


def check_stars(chain: Chain) -> None:
    """Nobody objects twice, and a star is about somebody and from somebody."""
    volunteers, organisations = read_accounts(chain), chain.read_table(b"organisation")
    for star in chain.read_table(b"star").values():
        assert star.organisation in organisations
        assert star.volunteer in volunteers
        assert len(set(star.objectors)) == len(star.objectors)
        assert set(star.objectors) <= volunteers | organisations.keys()


def check_sanctions(chain: Chain) -> None:
    """Whoever is blocked has a sanction in force that says so, until the same day; nobody is blocked by a proposal."""
    sanctions = chain.read_table(b"sanction")
    for volunteer, block in chain.read_table(b"block").items():
        sanction = sanctions[block.sanction]
        assert (sanction.volunteer, sanction.last_day) == (volunteer, block.last_day)
        assert sanction.status in {SanctionStatus.CONFIRMED, SanctionStatus.APPEALED}
    assert all(sanction.proposers for sanction in sanctions.values())


def _is_one_person(chain: Chain, first: bytes, second: bytes) -> bool:
    return find_remaining(chain, first) == find_remaining(chain, second)
