"""From an old trust file to the current one: handovers that a node gives, each proven under the quorum of the one before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from certificates.handover import follow_handover
from cli.office.client import NodeClient
from ledger.errors import CodecError, HourledgerError
from ledger.proofs import Bundle, parse_bundle
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint, verify_checkpoint

_NOT_OF_THIS_SET: Final = frozenset({Reason.QUORUM_MISSING, Reason.UNTRUSTED_LOG})
MAX_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Updated:
    """Where the handovers have led: the policy, the heights of the changes, and the newest checkpoint under it."""

    policy: TrustPolicy
    heights: tuple[int, ...]
    newest: VerifiedCheckpoint


def update_trust(policy: TrustPolicy, client: NodeClient, now_s: int, max_age_s: int) -> Updated:
    """Follow all handovers that lead on from `policy`.

    Raises `HourledgerError`, `NODE_NOT_CURRENT` where in the end the node's newest checkpoint does not count under the policy
    or is older than `max_age_s`. So an old set's handovers, shown again by somebody who holds its keys, lead nowhere: it would
    have to cosign today.
    """
    heights: list[int] = []
    for bundle in _iterate_bundles(client):
        try:
            handover = follow_handover(policy, bundle)
        except HourledgerError as error:
            if error.reason in _NOT_OF_THIS_SET:
                continue  # of an earlier set, or of a later one that has to be reached first
            raise
        if handover.policy != policy:
            policy = handover.policy
            heights.append(handover.effective_height)
    return Updated(policy, tuple(heights), require_fresh(policy, client, now_s, max_age_s))


def require_fresh(policy: TrustPolicy, client: NodeClient, now_s: int, max_age_s: int) -> VerifiedCheckpoint:
    """Return the node's newest checkpoint; raise `HourledgerError`, `NODE_NOT_CURRENT` unless it counts and is fresh."""
    try:
        newest = verify_checkpoint(policy, client.get_bytes("/checkpoint"))
    except HourledgerError as error:
        if error.reason not in _NOT_OF_THIS_SET:
            raise
        raise HourledgerError(Reason.NODE_NOT_CURRENT, error.detail, error.value) from error
    if newest.quorum_time_s is not None and now_s - newest.quorum_time_s > max_age_s:
        detail = f"the node's newest checkpoint is {now_s - newest.quorum_time_s} seconds old"
        raise HourledgerError(Reason.NODE_NOT_CURRENT, detail, str(newest.checkpoint.size))
    return newest


def _iterate_bundles(client: NodeClient) -> Iterator[Bundle]:
    start: int | None = 0
    for _ in range(MAX_PAGES):
        if start is None:
            return
        document = client.get_json("/v1/handovers", {"from": start})
        try:
            bundles, following = [parse_bundle(item["bundle"]) for item in document["handovers"]], document["next"]
        except (CodecError, KeyError, TypeError) as error:
            raise HourledgerError(Reason.MALFORMED, f"the node at {client.url} gives no handovers") from error
        yield from bundles
        start = following if type(following) is int and following > start else None
