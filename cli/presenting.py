"""Certificates that volunteers make for themselves: from one that they have, with the records and details that they choose."""

from collections.abc import Iterable
from dataclasses import dataclass

from certificates.certificate import issue_certificate
from certificates.evidence import Evidence
from certificates.jcs import JsonObject
from certificates.statement import is_volunteers_key, verify_current
from cli.office.client import NodeClient
from cli.office.issuing import fetch_bundle
from cli.selection import Selection, list_records
from contracts.hours import RecordedHours
from contracts.identity.departed import VOLUNTEERS
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.proofs import Bundle
from ledger.reasons import Reason
from ledger.types import EntryIndex, TimeMs


@dataclass(frozen=True, slots=True)
class Presenter:
    """A volunteer's key, and the node that proves what is current; None to present what was proven before."""

    key: SigningKey
    client: NodeClient | None

    def present(self, given: Evidence, records: Selection, opened: Selection | None, now_ms: int) -> JsonObject:
        """Return a certificate of the chosen records, with the chosen ones opened: by default those that were.

        `opened` counts the records of the certificate that is given, as `records` does. Raises `HourledgerError`: USAGE for a
        choice that cannot be made, NOT_CURRENT for a record that was changed since, NOT_PERMITTED for another's key.
        """
        all_records = list_records(given)
        chosen = records.choose(list(all_records))
        if not chosen:
            raise HourledgerError(Reason.USAGE, "a certificate has at least one record: choose some with --records")
        openings = {index: given.openings[index] for index in self._choose_opened(given, opened, list(all_records), chosen)}
        bundle = self._prove(given, {index: all_records[index] for index in chosen})
        volunteer = all_records[chosen[0]].volunteer
        values = {item.key: item.value for item in bundle.values}
        if not is_volunteers_key(values, volunteer, self.key.public_key):
            detail = "the key is not shown to be that of the volunteer's account: use the account's key, and a node"
            raise HourledgerError(Reason.NOT_PERMITTED, detail, volunteer.hex())
        verify_current(values, [all_records[index] for index in chosen])
        return issue_certificate(Evidence(bundle, openings), self.key, TimeMs(now_ms))

    def _choose_opened(
        self, given: Evidence, opened: Selection | None, all_indices: list[EntryIndex], chosen: Iterable[EntryIndex]
    ) -> list[EntryIndex]:
        if opened is None:
            return [index for index in chosen if index in given.openings]
        wanted = [index for index in opened.choose(all_indices) if index in set(chosen)]
        if opened.numbers is not None and len(wanted) != len(opened.numbers):
            raise HourledgerError(Reason.USAGE, "a record can be opened only if it is among --records")
        for index in wanted:
            if index not in given.openings:
                detail = "the certificate that was given does not open a record, so nobody can open it from there"
                raise HourledgerError(Reason.USAGE, detail, str(all_indices.index(index) + 1))
        return wanted

    def _prove(self, given: Evidence, records: dict[EntryIndex, RecordedHours]) -> Bundle:
        """Return what proves the records: new from the node, or what the certificate has, which then must be of all of them."""
        if self.client is not None:
            volunteer = next(iter(records.values())).volunteer
            return fetch_bundle(self.client, self.key, records, (VOLUNTEERS.key(volunteer),))
        if records.keys() != list_records(given).keys():
            raise HourledgerError(Reason.USAGE, "without a node all records stay in the certificate: leave out --records")
        return given.bundle
