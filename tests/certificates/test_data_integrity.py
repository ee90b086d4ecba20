import json
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.data_integrity import (
    MAX_PROOFS,
    VerifiedProof,
    add_proof,
    compute_document_hash,
    compute_hash_data,
    verify_proof,
    verify_proofs,
)
from certificates.datetimes import parse_datetime
from certificates.jcs import JsonObject, JsonValue, encode_jcs, parse_json_object
from certificates.multibase import format_multibase, format_verification_method, parse_multibase, parse_multikey
from ledger.crypto import Context, SigningKey, sha256
from ledger.errors import CodecError, HourledgerError, SignatureError
from ledger.reasons import Reason
from ledger.types import TimeMs
from tests.effort import choose

VECTORS = Path(__file__).parent.parent / "vectors" / "vc-di-eddsa"
CREATED = parse_datetime("2026-03-01T09:30:00Z")
KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(32))
METHOD = format_verification_method(KEY.public_key)
DOCUMENT: JsonObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "credentialSubject": {"minutes": 90, "name": "\u5fd7\u613f\u670d\u52a1", "void": False},
}


def read_vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes().strip()


def read_text(name: str) -> str:
    return read_vector(name).decode()


def sign(document: JsonObject, key: SigningKey = KEY) -> JsonObject:
    return add_proof(document, key, format_verification_method(key.public_key), CREATED)


def get_proofs(document: JsonObject) -> list[JsonObject]:
    value = document["proof"]
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def read_vector_key() -> SigningKey:
    pair = parse_json_object(read_vector("keyPair.json"))
    secret = parse_multibase(str(pair["privateKeyMultibase"]))
    key = SigningKey(secret.removeprefix(bytes.fromhex("8026")))
    assert key.public_key == parse_multikey(str(pair["publicKeyMultibase"]))
    return key


class TestVectorsOfTheSpecification:
    """Appendix Test Vectors, "Representation: eddsa-jcs-2022"; each step has its own file."""

    def test_document_is_canonicalised_and_hashed(self) -> None:
        document = parse_json_object(read_vector("unsigned.json"))
        assert encode_jcs(document) == read_vector("eddsa-jcs-2022/canonDocJCS.txt")
        assert compute_document_hash(document).hex() == read_text("eddsa-jcs-2022/docHashJCS.txt")

    def test_options_are_canonicalised_and_hashed(self) -> None:
        options = parse_json_object(read_vector("eddsa-jcs-2022/proofConfigJCS.json"))
        assert encode_jcs(options) == read_vector("eddsa-jcs-2022/proofCanonJCS.txt")
        assert sha256(encode_jcs(options)).hex() == read_text("eddsa-jcs-2022/proofHashJCS.txt")

    def test_hashes_are_joined_with_that_of_the_options_first(self) -> None:
        document = parse_json_object(read_vector("unsigned.json"))
        options = parse_json_object(read_vector("eddsa-jcs-2022/proofConfigJCS.json"))
        hash_data = compute_hash_data(options, document)
        assert hash_data.hex() == read_text("eddsa-jcs-2022/combinedHashJCS.txt")

    def test_signature_is_that_of_the_specification(self) -> None:
        key = read_vector_key()
        signature = key.sign(Context.PLAIN, bytes.fromhex(read_text("eddsa-jcs-2022/combinedHashJCS.txt")))
        assert signature.hex() == read_text("eddsa-jcs-2022/sigHexJCS.txt")
        assert format_multibase(signature) == read_text("eddsa-jcs-2022/sigBTC58JCS.txt")

    def test_signed_document_is_that_of_the_specification(self) -> None:
        key = read_vector_key()
        document = parse_json_object(read_vector("unsigned.json"))
        method = format_verification_method(key.public_key)
        signed = add_proof(document, key, method, parse_datetime("2023-02-24T23:36:38Z"))
        published = parse_json_object(read_vector("eddsa-jcs-2022/signedJCS.json"))
        assert signed == {**published, "proof": [published["proof"]]}

    def test_signed_document_verifies(self) -> None:
        key = read_vector_key()
        proof = verify_proof(parse_json_object(read_vector("eddsa-jcs-2022/signedJCS.json")))
        method = format_verification_method(key.public_key)
        created = parse_datetime("2023-02-24T23:36:38Z")
        assert proof == VerifiedProof("eddsa-jcs-2022", method, key.public_key, created, "assertionMethod")

    def test_proofs_with_members_that_ours_do_not_have_are_refused(self) -> None:
        with pytest.raises(CodecError, match="unknown member id"):
            verify_proofs(parse_json_object(read_vector("signedProofSet2.json")))

    def test_linked_data_with_other_contexts_is_undecided(self) -> None:
        with pytest.raises(CodecError) as refusal:
            verify_proofs(parse_json_object(read_vector("eddsa-rdfc-2022/signedDataInt.json")))
        assert refusal.value.reason is Reason.UNSUPPORTED_VERSION


def test_a_signed_document_verifies_whatever_its_layout() -> None:
    signed = sign(DOCUMENT)
    reordered = dict(reversed(signed.items()))
    for text in (json.dumps(signed), json.dumps(reordered, indent=2), encode_jcs(signed).decode()):
        assert verify_proof(parse_json_object(text.encode())).public_key == KEY.public_key


def test_the_document_that_is_signed_stays_as_it_is() -> None:
    before = encode_jcs(DOCUMENT)
    sign(sign(DOCUMENT), OTHER_KEY)
    assert encode_jcs(DOCUMENT) == before


def test_a_document_without_context_has_a_proof_without_one() -> None:
    signed = sign({"minutes": 90})
    assert "@context" not in get_proofs(signed)[0]
    assert verify_proof(signed).created == CREATED


def test_the_signer_must_be_the_one_that_the_proof_names() -> None:
    with pytest.raises(CodecError, match="another key"):
        add_proof(DOCUMENT, KEY, format_verification_method(OTHER_KEY.public_key), CREATED)


def test_a_proof_counts_for_its_purpose_only() -> None:
    signed = add_proof(DOCUMENT, KEY, METHOD, CREATED, proof_purpose="authentication")
    assert verify_proof(signed, "authentication").purpose == "authentication"
    with pytest.raises(SignatureError, match="purpose"):
        verify_proof(signed)


def test_a_document_with_floats_is_not_signed() -> None:
    floats: JsonObject = json.loads('{"hours": 1.5}')
    with pytest.raises(CodecError):
        sign(floats)


CHANGES: list[tuple[str, JsonObject, str]] = [
    ("type", {"type": "Ed25519Signature2020"}, "type is not DataIntegrityProof"),
    ("no type", {"type": None}, "type is not DataIntegrityProof"),
    ("cryptosuite not text", {"cryptosuite": ["eddsa-jcs-2022"]}, "cryptosuite is no text"),
    ("cryptosuite unknown", {"cryptosuite": "eddsa-jcs-2023"}, "known here"),
    ("created not text", {"created": 1}, "created is no text"),
    ("created no time", {"created": "2026-03-01"}, "a time"),
    ("created without zone", {"created": "2026-03-01T09:30:00"}, "a time"),
    ("created later", {"created": "2026-03-01T09:30:01Z"}, "does not fit"),
    ("created in another form", {"created": "2026-03-01T09:30:00.000Z"}, "does not fit"),
    ("purpose", {"proofPurpose": "authentication"}, "purpose"),
    ("purpose not text", {"proofPurpose": 1}, "proofPurpose"),
    ("context of the proof", {"@context": ["https://example.org/"]}, "@context"),
    ("context of the proof null", {"@context": None}, "@context"),
    ("unknown member", {"nonce": "a"}, "unknown member nonce"),
    ("expiry", {"expires": "2027-03-01T09:30:00Z"}, "unknown member expires"),
    ("chain", {"previousProof": "urn:uuid:1"}, "unknown member previousProof"),
    ("value not text", {"proofValue": 1}, "proofValue is no text"),
    ("value in another base", {"proofValue": "u" + "A" * 86}, "base58btc"),
    ("value too short", {"proofValue": format_multibase(bytes(63))}, "63 bytes"),
    ("value too long", {"proofValue": format_multibase(bytes(65))}, "65 bytes"),
    ("value of zeros", {"proofValue": format_multibase(bytes(64))}, "does not fit"),
    ("another key", {"verificationMethod": format_verification_method(OTHER_KEY.public_key)}, "does not fit"),
    ("a key to be fetched", {"verificationMethod": "https://example.org/key"}, "did:key"),
]


@pytest.mark.parametrize(("change", "complaint"), [pytest.param(*rest, id=name) for name, *rest in CHANGES])
def test_a_changed_proof_is_refused(change: JsonObject, complaint: str) -> None:
    signed = sign(DOCUMENT)
    changed: JsonObject = {**signed, "proof": {**get_proofs(signed)[0], **change}}
    with pytest.raises((CodecError, SignatureError), match=complaint):
        verify_proofs(changed)


@pytest.mark.parametrize("name", sorted(get_proofs(sign(DOCUMENT))[0]))
def test_a_proof_lacks_nothing(name: str) -> None:
    signed = sign(DOCUMENT)
    changed: JsonObject = {**signed, "proof": {key: value for key, value in get_proofs(signed)[0].items() if key != name}}
    with pytest.raises(CodecError, match=name):
        verify_proofs(changed)


@pytest.mark.parametrize("proof", [None, "proof", [], [[]], [None], {}, [{}] * 17])
def test_what_is_no_proof_is_refused(proof: JsonValue) -> None:
    with pytest.raises(CodecError, match=r"has a proof|type is not"):
        verify_proofs({**DOCUMENT, "proof": proof})


def test_an_unsigned_document_is_refused() -> None:
    with pytest.raises(CodecError, match="has a proof"):
        verify_proofs(DOCUMENT)


def test_a_context_added_after_signing_is_refused() -> None:
    # The specification would let this pass; the added context could give the members another meaning.
    signed = sign(DOCUMENT)
    with pytest.raises(CodecError, match="@context"):
        verify_proofs({**signed, "@context": ["https://www.w3.org/ns/credentials/v2", "https://example.org/"]})


def test_a_context_changed_in_document_and_proof_alike_does_not_verify() -> None:
    signed = sign(DOCUMENT)
    context: JsonObject = {"@context": ["https://example.org/"]}
    with pytest.raises(SignatureError):
        verify_proofs({**signed, **context, "proof": {**get_proofs(signed)[0], **context}})


UNKNOWN_PROOF: JsonObject = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019", "previousProof": "anything"}


class TestProofSets:
    def test_one_proof_is_a_list_too(self) -> None:
        signed = sign(DOCUMENT)
        assert isinstance(signed["proof"], list)
        assert verify_proofs(signed) == verify_proofs({**signed, "proof": signed["proof"][0]})

    def test_a_proof_is_added_to_one_that_is_no_list(self) -> None:
        single: JsonObject = {**DOCUMENT, "proof": get_proofs(sign(DOCUMENT))[0]}
        assert sign(single, OTHER_KEY) == sign(sign(DOCUMENT), OTHER_KEY)

    def test_every_signer_is_named(self) -> None:
        signed = sign(sign(DOCUMENT), OTHER_KEY)
        proofs = verify_proofs(signed)
        assert [proof.public_key for proof in proofs.verified] == [KEY.public_key, OTHER_KEY.public_key]
        assert proofs.unchecked == ()

    def test_a_set_may_be_put_together_from_single_proofs(self) -> None:
        proofs: list[JsonValue] = [*get_proofs(sign(DOCUMENT, OTHER_KEY)), *get_proofs(sign(DOCUMENT))]
        assert len(verify_proofs({**DOCUMENT, "proof": proofs}).verified) == len(proofs)

    def test_one_bad_proof_spoils_the_set(self) -> None:
        bad: JsonObject = {**get_proofs(sign(DOCUMENT, OTHER_KEY))[0], "created": "2026-03-01T09:30:01Z"}
        for proofs in ([*get_proofs(sign(DOCUMENT)), bad], [bad, *get_proofs(sign(DOCUMENT))]):
            with pytest.raises(SignatureError):
                verify_proofs({**DOCUMENT, "proof": [*proofs]})

    def test_a_proof_of_another_cryptosuite_is_reported_as_unchecked(self) -> None:
        signed: JsonObject = {**DOCUMENT, "proof": [UNKNOWN_PROOF, *get_proofs(sign(DOCUMENT))]}
        proofs = verify_proofs(signed)
        assert [proof.public_key for proof in proofs.verified] == [KEY.public_key]
        assert proofs.unchecked == ("ecdsa-rdfc-2019",)
        assert verify_proof(signed) == proofs.verified[0]

    def test_what_stands_in_an_unchecked_proof_must_be_strict_json_too(self) -> None:
        loose: JsonObject = {**UNKNOWN_PROOF, "id": "\ud800"}
        with pytest.raises(CodecError, match="surrogate"):
            verify_proofs({**DOCUMENT, "proof": [loose, *get_proofs(sign(DOCUMENT))]})

    def test_what_is_no_proof_spoils_the_set(self) -> None:
        with pytest.raises(CodecError, match="has a proof"):
            verify_proofs({**DOCUMENT, "proof": ["junk", *get_proofs(sign(DOCUMENT))]})

    def test_a_proof_of_another_type_is_refused(self) -> None:
        with pytest.raises(CodecError, match="type"):
            verify_proofs({**DOCUMENT, "proof": [*get_proofs(sign(DOCUMENT)), {"type": "Ed25519Signature2020"}]})

    def test_one_key_counts_once(self) -> None:
        again = add_proof(sign(DOCUMENT), KEY, METHOD, TimeMs(CREATED + 1))
        with pytest.raises(CodecError, match="by one key"):
            verify_proofs(again)

    def test_where_one_signer_is_expected_two_are_refused(self) -> None:
        with pytest.raises(SignatureError, match="one signature"):
            verify_proof(sign(sign(DOCUMENT), OTHER_KEY))

    def test_a_set_is_bounded(self) -> None:
        document = DOCUMENT
        for seed in range(MAX_PROOFS):
            document = sign(document, SigningKey(bytes([seed]) * 32))
        assert len(verify_proofs(document).verified) == MAX_PROOFS
        with pytest.raises(CodecError, match="at most"):
            sign(document)
        with pytest.raises(CodecError, match="up to"):
            verify_proofs({**DOCUMENT, "proof": [*[UNKNOWN_PROOF] * MAX_PROOFS, *get_proofs(sign(DOCUMENT))]})


def test_many_signatures_cost_no_more_than_the_document_once() -> None:
    large: JsonObject = {**DOCUMENT, "list": [[] for _ in range(200_000)]}

    def measure(signatures: int) -> float:
        document = large
        for seed in range(signatures):
            document = sign(document, SigningKey(bytes([seed + 1]) * 32))
        began = process_time()
        verify_proofs(document)
        return process_time() - began

    assert measure(MAX_PROOFS) < 6 * measure(1)


def assert_refused_or_unchanged(data: bytes, signed: JsonObject) -> None:
    try:
        value = parse_json_object(data)
        if encode_jcs(value) == encode_jcs(signed):
            return
        verify_proofs(value)
    except (CodecError, SignatureError):
        return
    pytest.fail(f"verified although changed: {data!r}")


def test_no_bit_of_the_specifications_example_can_be_changed() -> None:
    data = read_vector("eddsa-jcs-2022/signedJCS.json")
    signed = parse_json_object(data)
    for position in range(len(data) * 8):
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        assert_refused_or_unchanged(bytes(changed), signed)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(lambda name: name != "proof")
MEMBERS: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES | st.just("@context"), MEMBERS, max_size=4), st.data())
@settings(max_examples=choose(40, 100))
def test_no_bit_of_any_signed_document_can_be_changed(document: JsonObject, data: st.DataObject) -> None:
    signed = sign(sign(document), OTHER_KEY) if data.draw(st.booleans(), "two proofs") else sign(document)
    assert verify_proofs(signed).verified[0].public_key == KEY.public_key
    text = bytearray(encode_jcs(signed))
    position = data.draw(st.integers(0, len(text) * 8 - 1), "bit")
    text[position // 8] ^= 1 << position % 8
    # The name of a cryptosuite is the exception that a set needs: a changed one is a proof that is not checked.
    if text.count(b"eddsa-jcs-2022") == len(get_proofs(signed)):
        assert_refused_or_unchanged(bytes(text), signed)


@given(MEMBERS, MEMBERS)
@settings(max_examples=choose(40, 100))
def test_any_json_is_verified_or_refused_with_a_typed_error(proof: JsonValue, context: JsonValue) -> None:
    with pytest.raises(HourledgerError):
        verify_proofs({"@context": context, "proof": proof})
