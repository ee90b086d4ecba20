"""Lists that a node gives page by page, and what is looked up in them."""

from collections.abc import Iterator
from typing import Any

from cli.office.answers import parse_answer
from cli.office.client import NodeClient
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier


def iterate_pages(client: NodeClient, path: str, name: str, key: SigningKey, start: str | None = None) -> Iterator[Any]:
    """Yield the items that the pages under `path` have as `name`, from the place `start` on."""
    query = {} if start is None else {"from": start}
    while True:
        page = client.get_json(path, query, key=key)
        items, following = parse_answer(lambda document: (document[name], document["next"]), page)
        yield from items
        if following is None:
            return
        query = {"from": str(following)}


def find_record(client: NodeClient, volunteer: Identifier, record: Identifier, key: SigningKey) -> dict[str, Any]:
    """Return a volunteer's record as the node tells it to the signer; raise UNKNOWN_RECORD."""
    for item in iterate_pages(client, f"/v1/volunteers/{volunteer.hex()}/records", "records", key):
        if item["record"] == record.hex() and item["status"] != "moved":
            return dict(item)
    raise HourledgerError(Reason.UNKNOWN_RECORD, "the volunteer has no such record", record.hex())


def find_question(
    client: NodeClient, organisation: Identifier, name: str, wanted: tuple[str, Identifier], key: SigningKey
) -> Any:  # noqa: ANN401
    """Return what an organisation has to answer: the one of `disputes` or `claims` whose member `wanted[0]` is `wanted[1]`."""
    member, identifier = wanted
    for item in iterate_pages(client, f"/v1/organisations/{organisation.hex()}/{name}", name, key):
        if item[member] == identifier.hex():
            return item
    reason = Reason.UNKNOWN_DISPUTE if name == "disputes" else Reason.UNKNOWN_CLAIM
    raise HourledgerError(reason, "the organisation has nothing like that to answer", identifier.hex())
