"""The description is true: it names every endpoint and no other, and what a node answers has the shape that it says."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from contracts.identity.parties import MERCHANTS, ORGANISATIONS
from ledger.transactions import encode_signed
from node.api.openapi import OPERATIONS, STATUSES, compute_statuses, describe_api
from node.api.server import ENDPOINTS
from tests.node import story as people
from tests.node.running import AUTHORITY, Answer, RunningNode
from tests.node.story import Story

DOCUMENT = describe_api()


def describe_path(path: str) -> str:
    """The path of an endpoint as OpenAPI writes it: without the server's patterns."""
    return path.replace(":.+}", "}")


def close(schema: Any) -> Any:
    """The same schema, in which no object may have a member that is not described."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close(value) for name, value in schema.items()}
    if "properties" in closed and isinstance(closed.get("type"), str):
        closed.setdefault("additionalProperties", False)
    return closed


def validate_answer(method: str, path: str, answer: Answer) -> None:
    """Raise unless an answer is one that the description has for this operation."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(answer.status) in responses, (method, path, answer)
    content = responses[str(answer.status)]["content"]
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in content, (method, path, answer)
    if media_type == "application/json":
        schema = {**content[media_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(close(schema)).validate(answer.json())


def test_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_node_gives_the_document(node: RunningNode) -> None:
    assert node.get("/v1/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


def test_every_endpoint_is_described_and_no_other() -> None:
    assert {(item.method, describe_path(item.path)) for item in ENDPOINTS} == set(OPERATIONS)
    assert len(ENDPOINTS) == len(OPERATIONS)


def test_every_status_has_words() -> None:
    for operation in OPERATIONS.values():
        assert set(compute_statuses(operation)) <= set(STATUSES)


def make_good_requests(node: RunningNode, story: Story) -> dict[tuple[str, str], Answer]:
    """One request to each endpoint that is answered with 200, but for sending a transaction."""
    officer, volunteer = people.OFFICER, people.VOLUNTEER_KEY
    entry = story.hours_entry
    organisation_key = ORGANISATIONS.key(people.ORGANISATION).hex()
    targets = {
        "/v1/status": "/v1/status",
        "/v1/health": "/v1/health",
        "/v1/genesis": "/v1/genesis",
        "/v1/trust": "/v1/trust",
        "/v1/words": "/v1/words",
        "/v1/authorities": "/v1/authorities",
        "/v1/governance": "/v1/governance",
        "/v1/regions": "/v1/regions",
        "/v1/aggregates": "/v1/aggregates",
        "/v1/handovers": "/v1/handovers?from=1",
        "/checkpoint": "/checkpoint",
        "/v1/checkpoint": "/v1/checkpoint",
        "/tile/{tile}": "/tile/0/000.p/1",
        "/v1/consistency": "/v1/consistency?old=1&new=2",
        "/v1/entries/{index}/proof": f"/v1/entries/{entry}/proof",
        "/v1/organisations/{id}": f"/v1/organisations/{people.ORGANISATION.hex()}",
        "/v1/merchants/{id}": f"/v1/merchants/{people.MERCHANT.hex()}",
        "/v1/activities/{id}": f"/v1/activities/{people.ACTIVITY.hex()}",
        "/v1/activities/{id}/aggregates": f"/v1/activities/{people.ACTIVITY.hex()}/aggregates",
        "/v1/projects/{id}": f"/v1/projects/{people.PROJECT.hex()}",
        "/v1/erasures/{id}": f"/v1/erasures/{people.ERASED_VOLUNTEER.hex()}",
        "/v1/offers/{id}": f"/v1/offers/{people.OFFER.hex()}",
        "/v1/state/{key}": f"/v1/state/{MERCHANTS.key(people.MERCHANT).hex()}",
        "/v1/openapi.json": "/v1/openapi.json",
        "/v1/timebank": "/v1/timebank",
        "/v1/status-lists/{list}": "/v1/status-lists/0",
        "/v1/status-lists/{list}/{purpose}": "/v1/status-lists/0/suspension",
        "/v1/status-positions/free": "/v1/status-positions/free",
    }
    answers = {("GET", path): node.get(target) for path, target in targets.items()}
    account = f"/v1/volunteers/{people.VOLUNTEER.hex()}"
    answers["GET", "/v1/party"] = node.get("/v1/party", volunteer)
    assert answers["GET", "/v1/party"].json() == {"role": "volunteer", "party": people.VOLUNTEER.hex()}
    answers["GET", "/v1/entries/{index}"] = node.get(f"/v1/entries/{entry}", officer)
    answers["GET", "/v1/merchants/{id}/account"] = node.get(
        f"/v1/merchants/{people.MERCHANT.hex()}/account", people.MERCHANT_KEY
    )
    answers["GET", "/v1/volunteers/{id}"] = node.get(account, volunteer)
    answers["GET", "/v1/volunteers/{id}/entries"] = node.get(f"{account}/entries", volunteer)
    sign_up = f"/v1/activities/{people.ACTIVITY.hex()}/sign-ups/{people.OTHER_VOLUNTEER.hex()}"
    answers["GET", "/v1/activities/{id}/sign-ups/{volunteer}"] = node.get(sign_up, people.OTHER_VOLUNTEER_KEY)
    answers["GET", "/v1/holds/{id}"] = node.get(f"/v1/holds/{people.HOLD.hex()}", volunteer)
    organisation = f"/v1/organisations/{people.ORGANISATION.hex()}"
    for name in ("entries", "overdue", "disputes", "claims"):
        answers["GET", f"/v1/organisations/{{id}}/{name}"] = node.get(f"{organisation}/{name}", officer)
    of_other = f"/v1/volunteers/{people.OTHER_VOLUNTEER.hex()}"
    for name in ("records", "merits", "score", "time"):
        answers["GET", f"/v1/volunteers/{{id}}/{name}"] = node.get(f"{of_other}/{name}", people.OTHER_VOLUNTEER_KEY)
    answers["GET", "/v1/certificates/{id}"] = node.get(f"/v1/certificates/{people.CERTIFICATE.hex()}")
    answers["GET", "/v1/certificates/{id}/code"] = node.get(f"/v1/certificates/{people.CERTIFICATE.hex()}/code")
    request = {"volunteer": people.VOLUNTEER.hex()}
    answers["GET", "/v1/volunteers/{id}/card"] = node.get(f"{account}/card", volunteer)
    answers["POST", "/v1/cards"] = node.post("/v1/cards", request, volunteer)
    answers["POST", "/v1/cards/counter"] = node.post("/v1/cards/counter", request, volunteer)
    answers["POST", "/v1/holds/{id}/card"] = node.ask("POST", f"/v1/holds/{people.HOLD.hex()}/card", b"", volunteer)
    answers["GET", "/v1/reports/{id}"] = node.get(f"/v1/reports/{people.NO_DETAILS.hex()}")
    answers["GET", "/v1/stars/{id}"] = node.get(f"/v1/stars/{people.STAR.hex()}", officer)
    answers["GET", "/v1/sanctions/{id}"] = node.get(f"/v1/sanctions/{people.SANCTION.hex()}", officer)
    answers["GET", "/v1/orders/{id}"] = node.get(f"/v1/orders/{people.ORDER.hex()}", officer)
    answers["POST", "/v1/bundles"] = node.post("/v1/bundles", {"entries": [entry], "keys": [organisation_key]}, officer)
    answers["POST", "/v1/verify"] = node.post("/v1/verify", {})
    return answers


def test_every_endpoint_answers_as_described(node: RunningNode, story: Story) -> None:
    answers = make_good_requests(node, story)
    for (method, path), answer in answers.items():
        assert answer.status == 200, (method, path, answer)
        validate_answer(method, path, answer)
    of_transactions = {(method, path) for method, path in OPERATIONS if path.startswith("/v1/transactions")}
    assert set(answers) == set(OPERATIONS) - of_transactions


def test_transactions_are_answered_as_described(new_node: RunningNode) -> None:
    signed = new_node.build("identity.register_organisation", people.make_organisation(), [AUTHORITY])
    envelope = encode_signed(signed)
    dry = new_node.ask("POST", "/v1/transactions/dry-run", envelope)
    validate_answer("POST", "/v1/transactions/dry-run", dry)
    sent = new_node.submit(signed)
    found = new_node.get(f"/v1/transactions/{signed.transaction_id.hex()}")
    assert (dry.status, sent.status, found.status) == (200, 200, 200)
    validate_answer("POST", "/v1/transactions", sent)
    validate_answer("GET", "/v1/transactions/{id}", found)


@pytest.mark.parametrize(
    ("method", "path", "target", "status"),
    [
        ("POST", "/v1/transactions", "/v1/transactions", 400),
        ("POST", "/v1/transactions", "/v1/transactions?wait=61", 400),
        ("GET", "/v1/transactions/{id}", f"/v1/transactions/{'00' * 32}", 404),
        ("GET", "/v1/transactions/{id}", "/v1/transactions/xyz", 400),
        ("GET", "/tile/{tile}", "/tile/entries/000", 403),
        ("GET", "/tile/{tile}", "/tile/0/999", 404),
        ("GET", "/v1/consistency", "/v1/consistency?old=999999", 404),
        ("GET", "/v1/entries/{index}", "/v1/entries/999999", 404),
        ("GET", "/v1/entries/{index}/proof", "/v1/entries/999999/proof", 404),
        ("GET", "/v1/volunteers/{id}", f"/v1/volunteers/{people.VOLUNTEER.hex()}", 401),
        ("GET", "/v1/holds/{id}", f"/v1/holds/{people.HOLD.hex()}", 401),
        ("GET", "/v1/organisations/{id}", f"/v1/organisations/{people.NOBODY.hex()}", 404),
        ("POST", "/v1/bundles", "/v1/bundles", 400),
    ],
)
def test_refusals_are_as_described(node: RunningNode, method: str, path: str, target: str, status: int) -> None:
    answer = node.ask(method, target, b"" if method == "POST" else None)
    assert answer.status == status
    validate_answer(method, path, answer)


def test_undescribed_member_is_noticed() -> None:
    schema = close({"type": "object", "properties": {"a": {"type": "integer"}}})
    assert not Draft202012Validator(schema).is_valid({"a": 1, "b": 2})
