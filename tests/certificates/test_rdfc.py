"""Documents as canonical RDF: the vectors of the specification, and that nothing is left out silently."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.data_integrity import RDFC, compute_document_hash, verify_proofs, without
from certificates.jcs import encode_jcs
from certificates.multibase import format_multibase, parse_multibase, parse_verification_method
from certificates.rdf import convert_to_rdf, format_literal, format_name
from certificates.rdfc import canonicalise
from certificates.terms import CERTIFICATE, COMMON, CREDENTIAL, PROOF, XSD, NodeType, Term, Vocabulary
from ledger.crypto import Context, sha256, verify_signature
from ledger.errors import CodecError
from ledger.types import Signature

FOLDER = Path(__file__).parents[1] / "vectors" / "vc-di-eddsa"
STEPS = FOLDER / "eddsa-rdfc-2022"
EXAMPLES = "https://www.w3.org/ns/credentials/examples#"
ALUMNI = Vocabulary(
    {**COMMON, "alumniOf": Term(EXAMPLES + "alumniOf")},
    {
        "VerifiableCredential": CREDENTIAL,
        "AlumniCredential": NodeType(EXAMPLES + "AlumniCredential"),
        "DataIntegrityProof": PROOF,
    },
)
"""The words of the specification's example credential."""


def read(name: str) -> Any:
    text = (STEPS / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else text.strip()


class TestVectorsOfTheSpecification:
    """Appendix Test Vectors, "Representation: eddsa-rdfc-2022"; each step has its own file."""

    def test_document(self) -> None:
        document = json.loads((FOLDER / "unsigned.json").read_text(encoding="utf-8"))
        canonical = canonicalise(document, ALUMNI)
        assert canonical.decode().strip() == read("canonDocDataInt.txt")
        assert sha256(canonical).hex() == read("docHashDataInt.txt")

    def test_options(self) -> None:
        canonical = canonicalise(read("proofConfigDataInt.json"), ALUMNI)
        assert canonical.decode().strip() == read("proofCanonDataInt.txt")
        assert sha256(canonical).hex() == read("proofHashDataInt.txt")

    def test_signature(self) -> None:
        signed = read("signedDataInt.json")
        proof = signed["proof"]
        options = {**without(proof, "proofValue"), "@context": signed["@context"]}
        hashes = sha256(canonicalise(options, ALUMNI)) + sha256(canonicalise(without(signed, "proof"), ALUMNI))
        assert hashes.hex() == read("combinedHashDataInt.txt")
        signature = Signature(bytes.fromhex(read("sigHexDataInt.txt")))
        assert format_multibase(signature) == read("sigBTC58DataInt.txt") == proof["proofValue"]
        assert parse_multibase(proof["proofValue"]) == signature
        verify_signature(parse_verification_method(proof["verificationMethod"]), Context.PLAIN, hashes, signature)


def test_what_a_certificate_says_as_linked_data(region: Any) -> None:
    document = region.certificate()
    lines = canonicalise(without(document, "proof")).decode().splitlines()
    assert lines == sorted(lines)
    number = document["id"]
    assert f"<{number}> <https://www.w3.org/2018/credentials#issuer> <{document['issuer']['id']}> ." in lines
    earned = '<https://purl.imsglobal.org/spec/vc/ob/vocab.html#creditsEarned> "7"^^<https://www.w3.org/2001/XMLSchema#float> .'
    assert any(line.endswith(earned) for line in lines)
    assert {line.split()[0] for line in lines if line.startswith("_:")} == {f"_:c14n{number}" for number in range(4)}


def test_order_and_layout_do_not_matter(region: Any) -> None:
    document: Any = without(region.certificate(position=7), "proof")
    turned = json.loads(encode_jcs(document))
    turned["type"] = turned["type"][::-1]
    turned["credentialSubject"]["result"] = turned["credentialSubject"]["result"][::-1]
    turned["credentialStatus"] = turned["credentialStatus"][::-1]
    turned["evidence"] = turned["evidence"][0]
    assert canonicalise(turned) == canonicalise(document)


def iterate_places(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in members:
        yield from iterate_places(item, (*path, name))
    if not isinstance(value, dict | list):
        yield path


def test_every_claim_is_signed(region: Any) -> None:
    document: Any = without(without(region.certificate(position=7), "proof"), "@context")
    whole = canonicalise(document)
    for path in iterate_places(document):
        changed = json.loads(encode_jcs(document))
        parent = changed
        for name in path[:-1]:
            parent = parent[name]
        old = parent[path[-1]]
        parent[path[-1]] = old + 1 if isinstance(old, int) else f"{old}x"
        try:
            assert canonicalise(changed) != whole, path
        except CodecError:
            assert "type" in path


@pytest.mark.parametrize(
    "member",
    [
        {"extra": "x"},
        {"name": None},
        {"name": 7},
        {"name": True},
        {"name": ["a", ["b"]]},
        {"type": "Diploma"},
        {"type": [7]},
        {"type": {"id": "x"}},
        {"id": "_:b0"},
        {"id": "relative"},
        {"id": "https://a b"},
        {"id": "https://a>b"},
        {"id": 7},
        {"issuer": "relative"},
        {"@type": "VerifiableCredential"},
        {"@graph": []},
    ],
    ids=str,
)
def test_what_is_not_known_is_refused_and_not_left_out(member: dict[str, Any]) -> None:
    document: Any = {"type": "VerifiableCredential", "id": "urn:uuid:0", "issuer": {"id": "did:key:z6Mk"}}
    assert canonicalise(document)
    with pytest.raises(CodecError):
        canonicalise({**document, **member})


def test_a_purpose_is_one_of_the_words() -> None:
    assert b"#assertionMethod" in canonicalise({"type": "DataIntegrityProof", "proofPurpose": "assertionMethod"})
    with pytest.raises(CodecError):
        canonicalise({"type": "DataIntegrityProof", "proofPurpose": "authentication"})


def test_nodes_that_cannot_be_told_apart_are_refused() -> None:
    alike: Any = {"type": "Result", "value": "1"}
    with pytest.raises(CodecError, match="two nodes"):
        canonicalise({"type": "AchievementSubject", "id": "urn:uuid:0", "result": [alike, alike]})
    two: Any = [alike, {"type": "Result", "value": "2"}]
    lines = canonicalise({"type": "AchievementSubject", "id": "urn:uuid:0", "result": two}).decode()
    assert {"_:c14n0", "_:c14n1"} <= set(lines.split())


def test_size_and_depth_are_bounded() -> None:
    nodes: Any = [{"type": "Result", "value": str(number)} for number in range(5_000)]
    texts: Any = [str(number) for number in range(10_001)]
    large: list[Any] = [{"type": "AchievementSubject", "result": nodes}, {"name": texts}, {"type": ["Result"] * 10_001}]
    for document in large:
        with pytest.raises(CodecError, match="too large"):
            canonicalise(document)
    deep: Any = {"narrative": "x"}
    for _ in range(40):
        deep = {"narrative": deep}
    with pytest.raises(CodecError, match="too deep"):
        canonicalise(deep)


def test_a_literal_in_the_canonical_form_of_n_quads() -> None:
    written = '"a\\"\\\\\\t\\n\\r\\b\\f\\u0000\\u001F\\u007F 河"'
    assert format_literal('a"\\\t\n\r\b\f\x00\x1f\x7f 河', Term("urn:a")).decode() == written
    assert format_literal("3", Term("urn:a", XSD + "float")).decode() == f'"3"^^<{XSD}float>'
    assert format_name("urn:a:b") == b"<urn:a:b>"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.sampled_from(["https://a", "Result"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "type", "name", "result", "issuer", "value", "x"]), inner, max_size=4)
        ),
        max_leaves=10,
    )
)
def test_any_document_is_canonical_or_refused(value: Any) -> None:
    document = value if isinstance(value, dict) else {"name": value}
    try:
        canonical = canonicalise(document)
    except CodecError:
        return
    assert canonical.count(b" .\n") == len(canonical.splitlines()) == len(set(convert_to_rdf(document, CERTIFICATE).triples))


def test_a_certificate_is_hashed_alike_by_signer_and_verifier(region: Any) -> None:
    document = region.certificate()
    verified = verify_proofs(document).verified
    assert [proof.cryptosuite for proof in verified] == ["eddsa-jcs-2022", RDFC]
    assert compute_document_hash(document, RDFC) == sha256(canonicalise(without(document, "proof")))
