"""Cards and status lists verified by software that others wrote."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from certificates.base64url import format_base64url
from certificates.bitstring_list import Purpose, make_bitstring_list
from certificates.credential_status import build_credential_status
from certificates.rdfc import canonicalise
from certificates.status_list import LIST_BYTES, Moment
from certificates.status_uris import name_list
from certificates.terms import STATUS_LIST
from contracts.statuses import LIST_POSITIONS, PositionStatus
from ledger.types import Height, TimeMs
from tests.certificates.cards import CLAIMS, LOG_KEY, NONCE, POSITION, make_card, make_list, show_card
from tests.certificates.conftest import CHAIN_ID, NOW

pytestmark = pytest.mark.outside
Ask = Callable[..., list[Any]]
NAME = name_list(CHAIN_ID, POSITION)


@pytest.fixture(scope="module")
def ask(run_node: Callable[..., Any]) -> Ask:
    """The answers of the other software to some cases."""

    def ask(*cases: Mapping[str, Any]) -> list[Any]:
        done = run_node("cards.mjs", input=json.dumps(cases))
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return ask


def make_case(card: str, status: bytes | None = None, nonce: str | None = NONCE, at_time_ms: int = NOW) -> dict[str, Any]:
    issuer = {"kty": "OKP", "crv": "Ed25519", "x": format_base64url(LOG_KEY.public_key)}
    listed = None if status is None else status.decode()
    return {"card": card, "issuer": issuer, "list": listed, "nonce": nonce, "now": at_time_ms // 1_000}


def flip(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def test_card_is_verified_with_key_binding_and_status(ask: Ask) -> None:
    shown = show_card("hours", "stars", "training:first-aid")
    (answer,) = ask(make_case(shown, make_list()))
    payload = answer["payload"]
    assert {name: payload[name] for name in CLAIMS if name in payload} == {
        "hours": 72,
        "stars": 3,
        "training:first-aid": CLAIMS["training:first-aid"],
    }
    assert answer["header"]["typ"] == "dc+sd-jwt"
    assert answer["fetched"] == [NAME.uri]
    assert (answer["kb"]["nonce"], answer["kb"]["aud"]) == (NONCE, f"https://{CHAIN_ID}/verify")


def test_card_is_refused_where_we_refuse_it(ask: Ask) -> None:
    shown, good = show_card("hours", "stars"), make_list()
    signed, hours, stars, binding = shown.split("~")
    foreign = show_card("hours", card=make_card({"hours": 9_999})).split("~")[1]
    middle = len(signed) // 2
    cases = {
        "another nonce": make_case(shown, good, "another"),
        "a flipped bit in the signed part": make_case(f"{flip(signed, middle)}~{hours}~{stars}~{binding}", good),
        "a flipped bit in the signature": make_case(f"{flip(signed, len(signed) - 20)}~{hours}~{stars}~{binding}", good),
        "a flipped bit in a disclosure": make_case(f"{signed}~{flip(hours, 40)}~{stars}~{binding}", good),
        "another card's disclosure": make_case(f"{signed}~{foreign}~{stars}~{binding}", good),
        "a disclosure taken away": make_case(f"{signed}~{hours}~{binding}", good),
        "no key binding": make_case(f"{signed}~{hours}~{stars}~", good),
        "no list": make_case(shown),
        "a list of somebody else": make_case(shown, make_list(log="another log")),
        "a list out of date": make_case(shown, make_list(time_ms=NOW - 86_402_000)),
        "a card that is over": make_case(shown, make_list(time_ms=NOW + 40 * 86_400_000), at_time_ms=NOW + 40 * 86_400_000),
        **{
            f"a {status.name.lower()} card": make_case(shown, make_list(status))
            for status in PositionStatus
            if status is not PositionStatus.VALID
        },
    }
    answers = dict(zip(cases, ask(*cases.values()), strict=True))
    assert {name for name, answer in answers.items() if "error" not in answer} == set(), answers


def test_what_is_hidden_is_not_learned(ask: Ask) -> None:
    (answer,) = ask(make_case(show_card("hours"), make_list()))
    text = json.dumps(answer)
    for name in CLAIMS.keys() - {"hours"}:
        assert name not in answer["payload"]
    assert "河畔" not in text
    assert CLAIMS["account"] not in text
    assert "_sd" not in answer["payload"]


def make_lists(index: int, status: PositionStatus) -> dict[str, Any]:
    """The three lists of a certificate's position, of today: their software asks the machine's clock."""
    packed = bytearray(LIST_BYTES)
    packed[index // 2] = status if index % 2 == 0 else status << 4
    moment = Moment(Height(9), TimeMs(time.time_ns() // 1_000_000 - 5_000))
    return {f"{NAME.uri}/{item}": make_bitstring_list(NAME, item, bytes(packed), moment, LOG_KEY) for item in Purpose}


@pytest.mark.parametrize("cryptosuite", ["eddsa-jcs-2022", "eddsa-rdfc-2022"])
def test_bitstring_lists_are_read(ask: Ask, cryptosuite: str) -> None:
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "issuer": "did:example:officer",
        "credentialStatus": build_credential_status(CHAIN_ID, POSITION),
    }
    index = POSITION % LIST_POSITIONS
    statuses = list(PositionStatus)
    lists = [make_lists(index, status) for status in statuses]
    answers = ask(*({"credential": credential, "lists": item, "cryptosuite": cryptosuite} for item in lists))
    assert [answer.get("error") for answer in answers] == [None] * len(statuses)
    found = {status: answer["statuses"] for status, answer in zip(statuses, answers, strict=True)}
    assert found == {
        PositionStatus.VALID: [False, False, False],
        PositionStatus.REVOKED: [True, False, False],
        PositionStatus.SUSPENDED: [False, True, False],
        PositionStatus.SUPERSEDED: [False, False, True],
        PositionStatus.ERASED: [True, False, False],
    }


def test_changed_bitstring_lists_are_refused(ask: Ask) -> None:
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "issuer": "did:example:officer",
        "credentialStatus": build_credential_status(CHAIN_ID, POSITION)[:1],
    }
    lists = make_lists(POSITION % LIST_POSITIONS, PositionStatus.REVOKED)
    clean = make_lists(POSITION % LIST_POSITIONS, PositionStatus.VALID)
    uri = f"{NAME.uri}/revocation"
    forged = {**lists[uri], "credentialSubject": clean[uri]["credentialSubject"]}
    for cryptosuite in ("eddsa-jcs-2022", "eddsa-rdfc-2022"):
        (answer,) = ask({"credential": credential, "lists": {**lists, uri: forged}, "cryptosuite": cryptosuite})
        assert answer["verified"] is False
        assert "error" in answer


def test_canonical_form_of_a_list_is_that_of_the_published_context(run_node: Callable[..., Any]) -> None:
    document = make_lists(3, PositionStatus.VALID)[f"{NAME.uri}/refresh"]
    done = run_node("credential.mjs", input=json.dumps([{"credential": document}]))
    bare = {name: value for name, value in document.items() if name != "proof"}
    assert json.loads(done.stdout)[0]["canonical"].encode() == canonicalise(bare, STATUS_LIST)
