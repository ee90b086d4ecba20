"""Another region, as far as this one sees it: a log, its key, three authorities that cosign, and proofs of its entries."""

from dataclasses import dataclass, field

from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.notes import SignatureType, VerifierKey
from ledger.trust import build_trust, format_trust
from ledger.types import Hash

COSIGNED_S = 1_700_000_000


@dataclass
class ForeignRegion:
    """A region with the chain `name`.example/log, whose log has these entries; two of its three authorities are a quorum."""

    name: str
    entries: list[bytes] = field(default_factory=lambda: [b"first"])
    gone: int = 0
    """How many of its first authorities have handed over to new ones: of 1 the authorities are a1, a2, a3."""

    @property
    def chain_id(self) -> str:
        return f"{self.name}.example/log"

    def key(self, role: str) -> SigningKey:
        return SigningKey(sha256(b"foreign ", self.name.encode(), b" ", role.encode()))

    def make_trust(self, threshold: int = 2) -> bytes:
        log = VerifierKey(self.chain_id, SignatureType.ED25519, self.key("log").public_key)
        cosigners = [
            VerifierKey(f"{self.name}.example/a{number}", SignatureType.COSIGNATURE, self.key(f"a{number}").public_key)
            for number in range(self.gone, self.gone + 3)
        ]
        return format_trust(build_trust(self.chain_id, [log], cosigners, threshold))

    def make_note(self, size: int | None = None, cosigners: int = 2) -> bytes:
        """A checkpoint over the first `size` entries."""
        leaves = [compute_leaf_hash(entry) for entry in self.entries[:size]]
        checkpoint = Checkpoint(self.chain_id, len(leaves), compute_tree_root(leaves))
        lines = [
            cosign(checkpoint, f"{self.name}.example/a{number}", self.key(f"a{number}"), COSIGNED_S)
            for number in range(self.gone, self.gone + cosigners)
        ]
        return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, self.key("log")), lines))

    def prove(self, index: int) -> tuple[Hash, ...]:
        """Hashes from an entry's sibling up to the root (RFC 6962, 2.1.1)."""
        return _find_path([compute_leaf_hash(entry) for entry in self.entries], index)

    def prove_growth(self, old: int) -> tuple[Hash, ...]:
        """Hashes that lead from the log's first `old` entries to all of them (RFC 6962, 2.1.2)."""
        return _find_growth([compute_leaf_hash(entry) for entry in self.entries], old, is_whole=True)


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _find_path(leaves: list[Hash], index: int) -> tuple[Hash, ...]:
    if len(leaves) == 1:
        return ()
    middle = _split(len(leaves))
    if index < middle:
        return (*_find_path(leaves[:middle], index), compute_tree_root(leaves[middle:]))
    return (*_find_path(leaves[middle:], index - middle), compute_tree_root(leaves[:middle]))


def _find_growth(leaves: list[Hash], old: int, *, is_whole: bool) -> tuple[Hash, ...]:
    if old == len(leaves):
        return () if is_whole else (compute_tree_root(leaves),)
    middle = _split(len(leaves))
    if old <= middle:
        return (*_find_growth(leaves[:middle], old, is_whole=is_whole), compute_tree_root(leaves[middle:]))
    return (*_find_growth(leaves[middle:], old - middle, is_whole=False), compute_tree_root(leaves[:middle]))
