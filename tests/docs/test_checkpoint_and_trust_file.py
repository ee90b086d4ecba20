"""The pages on checkpoints and trust files show what the program writes, and what they tell outsiders to do works."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.crypto import Context, SigningKey, sha256
from ledger.notes import SignatureType, VerifierKey, format_verifier_key
from ledger.trust import build_trust, format_trust, parse_trust, verify_checkpoint

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
ORIGIN = "hours.example/river"
LOG = SigningKey(sha256(b"documentation: log"))
AUTHORITIES = {name: SigningKey(sha256(f"documentation: {name}".encode())) for name in ("east", "north", "south", "west")}
CHECKPOINT = Checkpoint(ORIGIN, 1287, sha256(b"documentation: root"))
TIME_S = 1_790_000_000


def read_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (FORMATS / page).read_text(), re.DOTALL | re.MULTILINE)


def make_checkpoint() -> bytes:
    present = ("east", "north", "west")
    lines = [cosign(CHECKPOINT, f"{name}.example", AUTHORITIES[name], TIME_S + len(name)) for name in present]
    return format_signed_checkpoint(add_signatures(sign_checkpoint(CHECKPOINT, LOG), lines))


def make_trust() -> bytes:
    log = VerifierKey(ORIGIN, SignatureType.ED25519, LOG.public_key)
    keys = [VerifierKey(f"{name}.example", SignatureType.COSIGNATURE, key.public_key) for name, key in AUTHORITIES.items()]
    return format_trust(build_trust(ORIGIN, [log], keys, 3))


def test_the_pages_show_what_the_program_writes() -> None:
    assert read_blocks("checkpoint.md", "text")[0].encode() == make_checkpoint()
    assert read_blocks("trust-file.md", "text")[0].encode() == make_trust()


def test_the_checkpoint_of_one_page_counts_under_the_trust_file_of_the_other() -> None:
    policy = parse_trust(read_blocks("trust-file.md", "text")[0].encode())
    verified = verify_checkpoint(policy, read_blocks("checkpoint.md", "text")[0].encode())
    assert verified.checkpoint == CHECKPOINT
    assert [cosigner.name for cosigner in verified.cosigners] == ["a1", "a2", "a4"]


def test_the_message_that_the_page_says_is_signed() -> None:
    message = read_blocks("checkpoint.md", "text")[1]
    line = cosign(CHECKPOINT, "east.example", AUTHORITIES["east"], TIME_S + 4)
    assert line.signature[8:] == AUTHORITIES["east"].sign(Context.PLAIN, message.encode())


def test_nested_regions_of_the_page_parse() -> None:
    text = read_blocks("trust-file.md", "text")[1]
    for name, key in AUTHORITIES.items():
        verifier = VerifierKey(f"{name}.example", SignatureType.COSIGNATURE, key.public_key)
        text = text.replace("<vkey>", format_verifier_key(verifier), 1)
    assert parse_trust(text.encode()).quorum == "both"


def test_the_check_by_hand_agrees() -> None:
    namespace: dict[str, Any] = {}
    exec(read_blocks("checkpoint.md", "python")[0], namespace)  # noqa: S102 - the page's own program
    check: Callable[[str, str], bool] = namespace["is_signed_by"]
    note = make_checkpoint().decode()
    policy = parse_trust(make_trust())
    trusted = [log.key for log in policy.logs] + [witness.key for witness in policy.witnesses]
    keys = [format_verifier_key(key) for key in trusted]
    assert [check(note, key) for key in keys] == [True, True, True, False, True]
    for key in (keys[0], keys[1]):
        with pytest.raises(InvalidSignature):
            check(note.replace("\n1287\n", "\n1288\n"), key)
