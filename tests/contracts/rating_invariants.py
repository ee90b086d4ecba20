"""What must hold of ratings in every state."""

from tests.contracts.chain import Chain


def check_ratings(chain: Chain) -> None:
    """Raise `AssertionError` where scores do not add up, or somebody is rated who did not come."""
    volunteers, activities = chain.read_table(b"volunteer"), chain.read_table(b"activity")
    tallies = chain.read_table(b"rating-tally")
    assert set(tallies) <= set(volunteers)
    for tally in tallies.values():
        assert tally.count > 0
        assert tally.served_count <= tally.served_sum <= 5 * tally.served_count
        assert tally.officer_count <= tally.officer_sum <= 5 * tally.officer_count
    by_officers = chain.read_table(b"rated-by-officer")
    assert sum(tally.officer_count for tally in tallies.values()) <= len(by_officers)
    assert all(key[:16] in activities for key in by_officers)
    for rating, waiting in chain.read_table(b"rating").items():
        assert waiting.invitation.rating == rating
        assert activities[waiting.invitation.activity].organisation == waiting.organisation
