"""Hashes against published vectors, and the one rule for what a signature is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import Context, SigningKey, compute_commitment, hmac_sha256, is_signature, sha256, verify_signature
from ledger.errors import SignatureError
from ledger.types import PublicKey, Signature

KEY = SigningKey(bytes(range(32)))
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
"""L of RFC 8032, 5.1."""

RFC_8032_VECTORS = [  # RFC 8032, 7.1: seed, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

SMALL_ORDER_KEYS = [  # the encodings of the eight points whose order divides 8, canonical or not
    "0100000000000000000000000000000000000000000000000000000000000000",  # the neutral element
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # order 2
    "0000000000000000000000000000000000000000000000000000000000000000",  # order 4
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  # order 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # p, a second spelling of 0
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # p + 1, a second spelling of 1
]


# --- hashes -----------------------------------------------------------------------------------------------------------


def test_sha256_of_the_published_example() -> None:
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert sha256(b"abc").hex() == expected
    assert sha256(b"a", b"", b"bc").hex() == expected


def test_hmac_of_the_published_example() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"  # RFC 4231, 4.3
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_commitment_is_the_hash_of_domain_salt_and_details() -> None:
    assert compute_commitment(b"record", bytes(32), b"details") == sha256(b"record\x00" + bytes(32) + b"details")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_commitment_changes_with_each_part(salt: bytes, details: bytes) -> None:
    commitment = compute_commitment(b"record", salt, details)
    assert commitment != compute_commitment(b"card", salt, details)
    assert commitment != compute_commitment(b"record", sha256(salt), details)
    assert commitment != compute_commitment(b"record", salt, details + b"\x00")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_salt_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        compute_commitment(b"record", bytes(length), b"")


# --- signatures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032_VECTORS)
def test_signature_of_the_published_examples(seed: str, public_key: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public_key.hex() == public_key
    assert key.sign(Context.PLAIN, bytes.fromhex(message)).hex() == signature
    verify_signature(key.public_key, Context.PLAIN, bytes.fromhex(message), Signature(bytes.fromhex(signature)))


@given(st.binary(min_size=32, max_size=32), st.sampled_from(Context), st.binary(max_size=100))
def test_what_is_signed_verifies(seed: bytes, context: Context, message: bytes) -> None:
    key = SigningKey(seed)
    verify_signature(key.public_key, context, message, key.sign(context, message))


@given(st.sampled_from(Context), st.sampled_from(Context), st.binary(max_size=100))
def test_signature_is_good_in_its_own_context_only(signed: Context, checked: Context, message: bytes) -> None:
    signature = KEY.sign(signed, message)
    assert is_signature(KEY.public_key, checked, message, signature) == (signed is checked)


def test_contexts_are_the_published_ones() -> None:
    # A change here makes every signature that was ever made invalid.
    assert {name: context.value for name, context in Context.__members__.items()} == {
        "TRANSACTION": b"hourledger/transaction/v1\x00",
        "BLOCK": b"hourledger/block/v1\x00",
        "PREVOTE": b"hourledger/prevote/v1\x00",
        "PROPOSAL": b"hourledger/proposal/v1\x00",
        "PEER": b"hourledger/peer/v1\x00",
        "RATING": b"hourledger/rating/v1\x00",
        "PLAIN": b"",
    }


def test_no_context_begins_with_another() -> None:
    separating = [context.value for context in Context if context is not Context.PLAIN]
    assert not any(one.startswith(other) for one in separating for other in separating if one is not other)


@given(st.binary(min_size=1, max_size=100), st.data())
def test_any_changed_bit_is_noticed(message: bytes, data: st.DataObject) -> None:
    parts = [bytearray(KEY.public_key), bytearray(message), bytearray(KEY.sign(Context.BLOCK, message))]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.integers(0, len(part) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not is_signature(PublicKey(bytes(parts[0])), Context.BLOCK, bytes(parts[1]), Signature(bytes(parts[2])))


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=20))
def test_any_bytes_are_answered_with_no(key: bytes, signature: bytes, message: bytes) -> None:
    assert not is_signature(PublicKey(key), Context.PLAIN, message, Signature(signature))


@pytest.mark.parametrize("length", [0, 63, 65])
def test_signature_has_64_bytes(length: int) -> None:
    signature = (KEY.sign(Context.PLAIN, b"") + b"\x00")[:length]
    assert not is_signature(KEY.public_key, Context.PLAIN, b"", Signature(signature))


def test_bytes_cannot_move_between_signature_and_message() -> None:
    signature = KEY.sign(Context.PLAIN, b"message")
    assert not is_signature(KEY.public_key, Context.PLAIN, b"essage", Signature(signature + b"m"))


@pytest.mark.parametrize("key", SMALL_ORDER_KEYS)
@pytest.mark.parametrize("message", [b"", b"a", b"b", b"c", b"d", b"e", b"f", b"g"])
def test_key_of_small_order_signs_nothing(key: str, message: bytes) -> None:
    # R = B and S = 1 solve S*B = R + h*A for every message when A is neutral, and for some messages when its order is 2 to 8.
    forged = Signature(bytes.fromhex("58" + "66" * 31 + "01" + "00" * 31))
    assert not is_signature(PublicKey(bytes.fromhex(key)), Context.PLAIN, message, forged)


@given(st.binary(max_size=50))
def test_second_spelling_of_the_scalar_is_refused(message: bytes) -> None:
    # RFC 8032, 5.1.7: S below L, or else anybody could make a second valid signature from the first.
    signature = KEY.sign(Context.PLAIN, message)
    scalar = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    other = Signature(signature[:32] + scalar.to_bytes(32, "little"))
    assert not is_signature(KEY.public_key, Context.PLAIN, message, other)


def test_refusal_names_the_key() -> None:
    with pytest.raises(SignatureError) as caught:
        verify_signature(KEY.public_key, Context.PLAIN, b"other", KEY.sign(Context.PLAIN, b"message"))
    assert caught.value.value == KEY.public_key.hex()


# --- keys -------------------------------------------------------------------------------------------------------------


def test_key_never_shows_its_seed() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert repr(KEY.seed)[2:-1] not in repr(KEY)
    assert repr(KEY.public_key) in repr(KEY)


def test_keys_are_equal_when_their_seeds_are() -> None:
    assert SigningKey(bytes(32)) == SigningKey(bytes(32))
    assert SigningKey(bytes(32)) != KEY


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_seed_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(bytes(length))
