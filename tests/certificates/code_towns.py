"""A registered certificate in logs of any size, cosigned by any number of authorities: what codes are made of in tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.one_code import OneCode, ProvenEntry, build_one_code, format_one_code
from contracts.certificates.registry import CERTIFICATE_REGISTERED, CertificateRegistered
from ledger import merkle
from ledger.authorities import compute_quorum
from ledger.checkpoint import Checkpoint, SignedCheckpoint, add_signatures, cosign, sign_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.notes import SignatureType, VerifierKey
from ledger.trust import TrustPolicy, build_trust
from ledger.types import Day, EntryIndex, Hash, Identifier, Minutes

ORIGIN = "hours.example/river"
TIME_S = 1_790_000_000
EVENT = CertificateRegistered(
    Identifier(bytes.fromhex("0123456789ab8def8123456789abcdef")),
    Identifier(b"organisation-one"),
    Identifier(b"volunteer-number"),
    Day(20_000),
    Day(20_300),
    Minutes(7_215),
    Hash(bytes(range(32))),
    "Riverside Volunteers 河畔志愿服务队",
    131_077,
    Day(20_310),
)


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"code town", name.encode()))


def make_log_key(origin: str = ORIGIN) -> VerifierKey:
    return VerifierKey(origin, SignatureType.ED25519, make_key("log").public_key)


def make_cosigner(number: int) -> VerifierKey:
    return VerifierKey(f"{ORIGIN}/a{number}", SignatureType.COSIGNATURE, make_key(f"a{number}").public_key)


def make_trust(authorities: int, threshold: int | None = None, origin: str = ORIGIN) -> TrustPolicy:
    cosigners = [make_cosigner(number) for number in range(1, authorities + 1)]
    return build_trust(origin, [make_log_key(origin)], cosigners, threshold or compute_quorum(authorities))


@dataclass(frozen=True)
class Town:
    """An entry in the log of a checkpoint that `cosigners` have cosigned, a1 first, each a second later than the one before."""

    signed: SignedCheckpoint
    proven: ProvenEntry

    def code(self, trust: TrustPolicy) -> OneCode:
        return build_one_code(self.signed, self.proven, trust)

    def text(self, trust: TrustPolicy) -> str:
        return format_one_code(self.code(trust))


def make_town(
    size: int, index: int, cosigners: Sequence[int], entry: bytes | None = None, origin: str = ORIGIN, time_s: int = TIME_S
) -> Town:
    """Return a town whose log has `size` entries, all others of which are made up: only their hashes are seen."""
    entry = CERTIFICATE_REGISTERED.encode(EVENT) if entry is None else entry
    path = make_path(size, index)
    root = merkle.compute_root_from_proof(merkle.compute_leaf_hash(entry), index, size, path)
    checkpoint = Checkpoint(origin, size, root)
    lines = [cosign(checkpoint, f"{ORIGIN}/a{number}", make_key(f"a{number}"), time_s + number) for number in cosigners]
    signed = add_signatures(sign_checkpoint(checkpoint, make_key("log")), lines)
    return Town(signed, ProvenEntry(EntryIndex(index), entry, path))


def make_path(size: int, index: int) -> tuple[Hash, ...]:
    """Return hashes of other subtrees, as many as lie on the way from a leaf up."""
    begin, end, count = 0, size, 0
    while end - begin > 1:
        middle = begin + (1 << ((end - begin - 1).bit_length() - 1))
        begin, end = (begin, middle) if index < middle else (middle, end)
        count += 1
    return tuple(sha256(b"other subtree", bytes([level])) for level in range(count))
