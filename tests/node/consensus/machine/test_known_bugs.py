"""The network of machines is itself tested: it must catch every known bug, within the seeds stated."""

import pytest

from tests.node.consensus.machine.known_bugs import KNOWN_BUGS, KnownBug

pytestmark = pytest.mark.slow


def is_caught(bug: KnownBug, seed: int) -> bool:
    """Whether a seed ends with the error that is expected of the bug; any other error is one of the test."""
    try:
        bug.make_network(seed).run()
    except bug.error:
        return True
    return False


@pytest.mark.parametrize("bug", KNOWN_BUGS, ids=lambda bug: bug.name)
def test_known_bug_is_caught(bug: KnownBug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.patch(monkeypatch)
    assert any(is_caught(bug, seed) for seed in range(bug.first, bug.first + bug.seeds))


@pytest.mark.parametrize("bug", [bug for bug in KNOWN_BUGS if bug.liar is not None], ids=lambda bug: bug.name)
def test_the_same_seeds_pass_without_the_bug(bug: KnownBug) -> None:
    for seed in range(bug.first, bug.first + bug.seeds):
        bug.make_network(seed).run()
