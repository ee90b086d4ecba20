"""Certificates of people in the region, as their organisations issue them, and how long their verification takes."""

import asyncio
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import cycle, islice

from benchmarks.bench import Certificate
from benchmarks.connection import connect
from benchmarks.network import Town
from benchmarks.processors import read_spent
from benchmarks.region import OFFICERS, ORGANISATION_IDS
from benchmarks.schedule import ORGANISATIONS, Batch, Schedule, compute_weeks, make_volunteer
from certificates.certificate import issue_certificate
from certificates.checkpoints import forget
from certificates.details import Opening
from certificates.evidence import Evidence
from certificates.jcs import encode_jcs
from certificates.verification import verify_certificate
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from contracts.hours import HOURS_RECORDED, RecordedHours
from contracts.identity.parties import ORGANISATIONS as ORGANISATION_TABLE
from contracts.records import BATCHES
from ledger.events import split_entry
from ledger.proofs import parse_bundle
from ledger.trust import parse_trust
from ledger.types import EntryIndex, Hash, TimeMs
from ledger.verification import Verdict

VOLUNTEERS = (0, 17)
"""People who joined in the first week and can open all records: one of the fewest records, and one of the usual number."""
MOST_ALIKE = 16
PAGE = 500


def fetch_certificates(url: str, schedule: Schedule) -> list[tuple[Certificate, ...]]:
    """Return the certificates of those of `VOLUNTEERS` who are in the region, each with those of others of as many records."""
    groups = [list_alike(schedule, number) for number in VOLUNTEERS if number < schedule.joiners]
    openings = list_openings(schedule, {number for group in groups for number in group})
    return [tuple([fetch_certificate(url, number, openings) for number in group]) for group in groups]


def list_alike(schedule: Schedule, volunteer: int) -> list[int]:
    """Return a few of those who joined in the first week and serve for as many weeks."""
    weeks = compute_weeks(volunteer)
    return [number for number in schedule.list_settled() if compute_weeks(number) == weeks][:MOST_ALIKE]


def fetch_certificate(url: str, volunteer: int, openings: Mapping[Hash, Opening]) -> Certificate:
    """Return the certificate of a volunteer over all their records."""
    organisation = volunteer % ORGANISATIONS
    officer = OFFICERS[organisation][0]
    with NodeClient(url) as client:
        path = f"/v1/volunteers/{make_volunteer(volunteer).hex()}/entries"
        page = client.get_json(path, {"from": 0, "limit": PAGE}, key=officer)
        entries = [(EntryIndex(int(item["index"])), bytes.fromhex(item["entry"])) for item in page["entries"]]
        events = {
            index: HOURS_RECORDED.decode(entry) for index, entry in entries if split_entry(entry)[0] == HOURS_RECORDED.name
        }
        keys = {ORGANISATION_TABLE.key(ORGANISATION_IDS[organisation]), *_list_batches(events.values())}
        request = {"entries": sorted(events), "keys": sorted(key.hex() for key in keys)}
        bundle = parse_bundle(client.post_json("/v1/bundles", request, key=officer))
        trust = parse_trust(client.get_bytes("/v1/trust"))
    evidence = Evidence(bundle, {index: openings[event.commitment] for index, event in events.items()})
    document = issue_certificate(evidence, officer, TimeMs(compute_now_ms()))
    return Certificate(encode_jcs(document), trust, len(events))


def _list_batches(events: Iterable[RecordedHours]) -> set[bytes]:
    return {BATCHES.key(event.batch) for event in events}


def list_openings(schedule: Schedule, volunteers: Collection[int]) -> dict[Hash, Opening]:
    """Return what opens the records of volunteers, by commitment."""
    batches = (step for step in schedule.iterate() if isinstance(step, Batch))
    services = (service for batch in batches for service in batch.services if service[1] in volunteers)
    return {schedule.compute_commitment(*service): schedule.make_opening(*service) for service in services}


def verify(certificate: Certificate) -> None:
    """Make the whole check of a certificate, offline; raise `RuntimeError` unless it is valid.

    Its checkpoint is one that was not seen before, as in a program that verifies one file.
    """
    forget()
    verify_remembering(certificate)


def verify_remembering(certificate: Certificate) -> None:
    """Do the same, as a node that has verified others under the same checkpoint."""
    report = verify_certificate(certificate.data, (certificate.trust,), TimeMs(compute_now_ms())).report
    if report.verdict is not Verdict.VALID:
        raise RuntimeError(f"a certificate of the benchmark is {report.verdict}: {report.checks[-1].detail}")


def measure_verification(certificates: Sequence[Certificate], samples: int) -> float:
    """Return the seconds of a processor that one verification takes, of one certificate after the other."""
    for certificate in certificates:
        verify(certificate)
    began = time.process_time()
    for certificate in islice(cycle(certificates), samples):
        verify(certificate)
    return (time.process_time() - began) / samples


async def measure_requests(town: Town, certificates: Sequence[Certificate], seconds: float, clients: int) -> float:
    """Let clients ask a node to verify one certificate after the other; return how many it does in a second of a processor."""
    end = time.perf_counter() + seconds
    done, waiting = 0, cycle(certificates)

    async def go_on() -> None:
        nonlocal done
        connection = await connect(town.urls[0])
        while time.perf_counter() < end:
            answer = await connection.post("/v1/verify", next(waiting).data, "application/json")
            if answer.status != 200 or json.loads(answer.body)["verdict"] != Verdict.VALID:
                raise RuntimeError(f"a certificate of the benchmark is not valid: {answer.body[:500]!r}")
            done += 1
        connection.close()

    before = read_spent(town.processes)
    await asyncio.gather(*(go_on() for _ in range(clients)))
    return done / read_spent(town.processes).since(before).processes
