"""Certificates verified by software that others wrote, with the contexts as they are published."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.data_integrity import JCS, RDFC, add_proof, without
from certificates.datetimes import format_datetime
from certificates.dids import Method, build_did_document, format_method
from certificates.rdfc import canonicalise
from ledger.types import TimeMs
from tools.example_region import HOUR_MS, NOW_MS, OFFICERS, SITE, Region, make_region

pytestmark = pytest.mark.outside
ISSUED_MS: Final = TimeMs(NOW_MS + HOUR_MS)
NOW: Final = format_datetime(TimeMs(NOW_MS + 24 * HOUR_MS))
BOTH: Final = (JCS, RDFC)
DID_WEB: Final = f"did:web:{SITE}"


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region()


@pytest.fixture(scope="module")
def documents(region: Region) -> dict[str, Any]:
    """One certificate of each sort: by an officer, by the volunteer, under the name of a site."""
    return {
        "officer": region.make_certificate(),
        "volunteer": region.make_own_certificate(),
        "site": region.make_site_certificate(),
    }


@pytest.fixture(scope="module")
def ask(run_node: Callable[..., Any]) -> Callable[..., list[Any]]:
    """The answers of the other software to some cases."""

    def ask(*cases: Mapping[str, Any]) -> list[Any]:
        done = run_node("credential.mjs", input=json.dumps(cases))
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return ask


def make_case(credential: Any, *cryptosuites: str) -> dict[str, Any]:
    sites = {DID_WEB: build_did_document(SITE, [key.public_key for key in OFFICERS])}
    return {"credential": credential, "cryptosuites": cryptosuites or BOTH, "documents": sites, "now": NOW}


def choose(credential: Any, cryptosuite: str) -> Any:
    """The credential with one of its proofs."""
    return {**credential, "proof": [item for item in credential["proof"] if item["cryptosuite"] == cryptosuite]}


def test_each_signature_and_both_as_a_set(ask: Any, documents: dict[str, Any]) -> None:
    for name, document in documents.items():
        jcs, rdfc, both = ask(
            make_case(choose(document, JCS), JCS), make_case(choose(document, RDFC), RDFC), make_case(document)
        )
        assert (jcs["verified"], jcs["proofs"]) == (True, [[JCS, True]]), (name, jcs)
        assert (rdfc["verified"], rdfc["proofs"]) == (True, [[RDFC, True]]), (name, rdfc)
        assert (both["verified"], both["proofs"]) == (True, [[JCS, True], [RDFC, True]]), (name, both)


def test_the_status_is_found(ask: Any, documents: dict[str, Any]) -> None:
    (answer,) = ask(make_case(documents["site"]))
    assert answer["statuses"] == ["revocation", "suspension", "refresh"]


def iterate_places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in members:
        yield from iterate_places(item, (*path, name))
    if not isinstance(value, dict | list):
        yield path


def change(document: Any, path: tuple[str | int, ...]) -> Any:
    """The document with the text or number at a place changed a little."""
    changed = json.loads(json.dumps(document))
    parent = changed
    for name in path[:-1]:
        parent = parent[name]
    old = parent[path[-1]]
    parent[path[-1]] = old + 1 if isinstance(old, int) else f"{old[:-1]}{'0' if old[-1:] != '0' else '1'}"
    return changed


def test_one_changed_claim_is_refused_under_either_signature(ask: Any, documents: dict[str, Any]) -> None:
    document = documents["site"]
    paths = [path for path in iterate_places(document) if path[0] not in {"@context", "proof"}]
    assert len(paths) > 50
    cases = [make_case(choose(change(document, path), suite), suite) for path in paths for suite in BOTH]
    answers = ask(*cases)
    assert [path for path, answer in zip([p for p in paths for _ in BOTH], answers, strict=True) if answer["verified"]] == []


def test_a_changed_signature_is_refused(ask: Any, documents: dict[str, Any]) -> None:
    for position in (0, 1):
        (answer,) = ask(make_case(change(documents["officer"], ("proof", position, "proofValue"))))
        assert [is_good for _cryptosuite, is_good in answer["proofs"]] == [position != 0, position != 1]


def test_a_key_that_the_site_does_not_name_is_refused(ask: Any, documents: dict[str, Any]) -> None:
    case = make_case(documents["site"])
    others = {DID_WEB: build_did_document(SITE, [OFFICERS[1].public_key])}
    nobody: dict[str, Any] = {}
    assert [item["verified"] for item in ask({**case, "documents": others}, {**case, "documents": nobody})] == [False, False]


def test_a_signature_under_another_name_than_the_issuers_is_refused(ask: Any, documents: dict[str, Any]) -> None:
    document = without(documents["officer"], "proof")
    forged = add_proof(document, OFFICERS[0], format_method(Method(OFFICERS[0].public_key, SITE)), ISSUED_MS)
    (answer,) = ask(make_case(forged, JCS))
    assert answer["verified"] is False


def test_both_read_the_same_linked_data(ask: Any, documents: dict[str, Any]) -> None:
    answers = ask(*({"credential": document} for document in documents.values()))
    for document, answer in zip(documents.values(), answers, strict=True):
        assert canonicalise(without(document, "proof")).decode() == answer["canonical"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"], max_codepoint=0xD7FF), max_size=12)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(texts, texts, st.integers(0, 10**6)), min_size=40, max_size=40))
def test_whatever_names_are_in_it(ask: Any, documents: dict[str, Any], names: list[tuple[str, str, int]]) -> None:
    """Quotes, control characters and scripts of any kind, in one run of the other software for many documents."""
    changed: list[Any] = []
    for name, narrative, earned in names:
        document = json.loads(json.dumps(without(documents["site"], "proof")))
        document["issuer"]["name"] = name
        document["credentialSubject"] |= {"narrative": narrative, "creditsEarned": earned}
        changed.append(document)
    answers = ask(*({"credential": document} for document in changed))
    assert [canonicalise(document).decode() for document in changed] == [answer["canonical"] for answer in answers]
