"""The trust file: C2SP tlog-policy text (https://c2sp.org/tlog-policy) that says whose checkpoints count here.

A checkpoint counts when a listed log signed it and enough listed witnesses, our authorities, cosigned it to satisfy the quorum.
The file is all that a verifier far away must have; it holds public keys only.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

Names and URLs are opaque bytes in the file. Here they are text decoded as UTF-8 with `surrogateescape`, which keeps every byte.
Restrictions of ours: Ed25519 keys only, log keys of type 0x01, witness keys of type 0x04, at most 64 of each kind of line.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ledger.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint, verify_cosignature
from ledger.errors import CodecError, ProofError
from ledger.notes import (
    SignatureType,
    VerifierKey,
    format_verifier_key,
    parse_verifier_key,
    validate_signature_type,
    verify_known_signatures,
)
from ledger.reasons import Reason

MAX_TRUST_BYTES = 131_072
MAX_LINES_A_KIND = 64
"""Logs, witnesses or groups. The specification asks for at least 32 of each."""

NO_QUORUM = "none"
_AUTHORITIES = "authorities"
_ALLOWED = bytes([0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)])
_ALLOWED_IN_ITEM = bytes([*range(0x21, 0x7F), *range(0x80, 0x100)])
_THRESHOLD = re.compile("[1-9][0-9]{0,3}")
_COMMENT = """\
# hourledger trust file, in the format of https://c2sp.org/tlog-policy
# A record is accepted when its checkpoint is signed by a log listed here
# and cosigned by the authorities (witness lines) that the quorum asks for.
"""


def _validate_item(text: str) -> None:
    """Raise `CodecError` unless `text` can be one item of a line."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise CodecError("an item that has no form in bytes") from error
    if not data or data.translate(None, _ALLOWED_IN_ITEM) or data.decode("utf-8", "surrogateescape") != text:
        raise CodecError("an item is not empty and has no spaces or control characters")


def _validate_name(name: str) -> None:
    _validate_item(name)
    if name == NO_QUORUM:
        raise CodecError("the name none is reserved")


def _validate_key(key: VerifierKey, url: str | None, expected: SignatureType) -> None:
    validate_signature_type(key, expected)
    _validate_item(format_verifier_key(key))
    if url is not None:
        _validate_item(url)


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log whose checkpoints are accepted; the key's name is the log's origin."""

    key: VerifierKey
    url: str | None = None

    def __post_init__(self) -> None:
        """Raise `CodecError` unless this can be a log line."""
        _validate_key(self.key, self.url, SignatureType.ED25519)


@dataclass(frozen=True, slots=True)
class Witness:
    """A cosigner. `name` means something inside the trust file only; the key has a name of its own."""

    name: str
    key: VerifierKey
    url: str | None = None

    def __post_init__(self) -> None:
        """Raise `CodecError` unless this can be a witness line."""
        _validate_name(self.name)
        _validate_key(self.key, self.url, SignatureType.COSIGNATURE)


@dataclass(frozen=True, slots=True)
class Group:
    """Satisfied when at least `threshold` of its members, witnesses or groups, are."""

    name: str
    threshold: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise `CodecError` unless this can be a group line."""
        _validate_name(self.name)
        for member in self.members:
            _validate_name(member)
        if not 1 <= self.threshold <= len(self.members):
            raise CodecError(f"the group {self.name} asks for {self.threshold} of {len(self.members)} members")


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A trust file's content. `quorum` names a witness or a group; None stands for `quorum none`."""

    logs: tuple[LogKey, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str | None

    def __post_init__(self) -> None:
        """Raise `CodecError` unless the parts fit together: names, keys, members once each; only earlier groups as members."""
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MAX_LINES_A_KIND:
            raise CodecError(f"at most {MAX_LINES_A_KIND} logs, witnesses and groups", Reason.TOO_LARGE)
        _validate_each_once("log key", (log.key.public_key.hex() for log in self.logs))
        _validate_each_once("witness key", (witness.key.public_key.hex() for witness in self.witnesses))
        _validate_each_once("name", [witness.name for witness in self.witnesses] + [group.name for group in self.groups])
        _validate_each_once("group member", (member for group in self.groups for member in group.members))
        defined = {witness.name for witness in self.witnesses}
        for group in self.groups:
            _validate_defined(group.members, defined)
            defined.add(group.name)
        if self.quorum is not None:
            _validate_defined([self.quorum], defined)


def _validate_each_once(kind: str, values: Iterable[str]) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise CodecError(f"the {kind} {_shown(twice[0])} is there more than once")


def _validate_defined(names: Iterable[str], defined: Collection[str]) -> None:
    for name in names:
        if name not in defined:
            raise CodecError(f"the name {_shown(name)} is not defined by a line before")


def _shown(name: str) -> str:
    """Text of a name for an error message, where undecodable bytes have no place."""
    return ascii(name)[1:-1]


@dataclass(slots=True)
class _Draft:
    """What the lines so far have said. Lines may come in any order, but names must be defined before they are used."""

    logs: list[LogKey] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorums: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add_line(self, items: list[str]) -> None:
        """Take in one line that is neither empty nor a comment."""
        match items:
            case ["log", key, *url] if len(url) <= 1:
                self.logs.append(LogKey(parse_verifier_key(key), *url))
            case ["witness", name, key, *url] if len(url) <= 1:
                self.witnesses.append(Witness(name, parse_verifier_key(key), *url))
                self.names.add(name)
            case ["group", name, threshold, *members] if members:
                _validate_defined(members, self.names)
                self.groups.append(Group(name, _parse_threshold(threshold, len(members)), tuple(members)))
                self.names.add(name)
            case ["quorum", name]:
                _validate_defined([name], {NO_QUORUM, *self.names})
                self.quorums.append(name)
            case _:
                raise CodecError("not a log, witness, group or quorum line with the right number of items")


def _parse_threshold(text: str, members: int) -> int:
    if text in {"any", "all"}:
        return 1 if text == "any" else members
    if not _THRESHOLD.fullmatch(text):
        raise CodecError("a group asks for all, any or a number of its members")
    return int(text)


def parse_trust(data: bytes) -> TrustPolicy:
    """Read a trust file; raise `CodecError` with the number of the line where there is one."""
    if len(data) > MAX_TRUST_BYTES:
        raise CodecError(f"a trust file has at most {MAX_TRUST_BYTES} bytes", Reason.TOO_LARGE)
    if data.translate(None, _ALLOWED):
        raise CodecError("a trust file has no control characters but tab and newline")
    if not data.endswith(b"\n"):
        raise CodecError("the last line of a trust file ends in a newline; the file may have been cut off")
    draft = _Draft()
    for number, line in enumerate(data.split(b"\n"), start=1):
        items = [item.decode("utf-8", "surrogateescape") for item in line.split()]
        if not items or items[0].startswith("#"):
            continue
        try:
            draft.add_line(items)
        except CodecError as error:
            raise CodecError(f"line {number}: {error.detail}", error.reason) from error
    if len(draft.quorums) != 1:
        raise CodecError(f"a trust file has exactly one quorum line, not {len(draft.quorums)}")
    quorum = None if draft.quorums[0] == NO_QUORUM else draft.quorums[0]
    return TrustPolicy(tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups), quorum)


def format_trust(policy: TrustPolicy) -> bytes:
    """Write a trust file: the same bytes for the same policy, and `parse_trust` gives the policy back."""
    rows: list[Sequence[str | None]] = [
        *(["log", format_verifier_key(log.key), log.url] for log in policy.logs),
        *(["witness", item.name, format_verifier_key(item.key), item.url] for item in policy.witnesses),
        *(["group", group.name, str(group.threshold), *group.members] for group in policy.groups),
        ["quorum", NO_QUORUM if policy.quorum is None else policy.quorum],
    ]
    lines = [" ".join(item for item in row if item is not None) + "\n" for row in rows]
    return (_COMMENT + "".join(lines)).encode("utf-8", "surrogateescape")


def build_trust(
    origin: str, log_keys: Sequence[VerifierKey], cosigner_keys: Sequence[VerifierKey], threshold: int
) -> TrustPolicy:
    """Make the policy of one chain: one of `log_keys`, and at least `threshold` of `cosigner_keys`, named a1, a2, ..."""
    for key in log_keys:
        if key.name != origin:
            raise CodecError("a log's key is named as the log's origin")
    witnesses = tuple([Witness(f"a{number}", key) for number, key in enumerate(cosigner_keys, start=1)])
    group = Group(_AUTHORITIES, threshold, tuple([witness.name for witness in witnesses]))
    return TrustPolicy(tuple([LogKey(key) for key in log_keys]), witnesses, (group,), _AUTHORITIES)


def is_quorum(policy: TrustPolicy, cosigned_names: Iterable[str]) -> bool:
    """Whether the witnesses `cosigned_names` (their names in the policy) together satisfy the quorum."""
    satisfied = {witness.name for witness in policy.witnesses}.intersection(cosigned_names)
    for group in policy.groups:
        if len(satisfied.intersection(group.members)) >= group.threshold:
            satisfied.add(group.name)
    return policy.quorum is None or policy.quorum in satisfied


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness that vouched: its name in the policy, its key's name, and the latest time it stated (seconds since 1970)."""

    name: str
    key_name: str
    time_s: int


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that counts, who vouched for it, and as of when."""

    checkpoint: Checkpoint
    log_key: VerifierKey
    cosigners: tuple[Cosigner, ...]
    """Every listed witness that cosigned, in the policy's order; more than the quorum perhaps."""
    quorum_time_s: int | None
    """Latest time that a full quorum vouches for: one authority with a wrong clock cannot move it past the others' word.
    None when the policy asks for no quorum."""


def verify_checkpoint(policy: TrustPolicy, note: bytes) -> VerifiedCheckpoint:
    """Return the checkpoint in `note` if it counts under `policy`, and raise when it does not.

    In order of precedence: `CodecError` when it is no signed checkpoint, `SignatureError` when a signature by a listed key
    fails, `ProofError` with `Reason.UNTRUSTED_LOG` when no listed log of that origin signed it, and with
    `Reason.QUORUM_MISSING` when too few witnesses cosigned it.
    """
    return verify_signed_checkpoint(policy, parse_signed_checkpoint(note))


def verify_signed_checkpoint(policy: TrustPolicy, signed: SignedCheckpoint) -> VerifiedCheckpoint:
    """As `verify_checkpoint`, for a note that has been read."""
    origin = signed.checkpoint.origin
    log_keys = verify_known_signatures(signed.note, [log.key for log in policy.logs])
    cosigners = _verify_cosignatures(policy, signed)
    # A listed log speaks for its own origin only, however good its signature.
    own_keys = [key for key in log_keys if key.name == origin]
    if not own_keys:
        raise ProofError("no log in the trust file signed the checkpoint", Reason.UNTRUSTED_LOG, origin)
    if not is_quorum(policy, [cosigner.name for cosigner in cosigners]):
        count = f"{len(cosigners)} of {len(policy.witnesses)} authorities"
        raise ProofError("too few authorities in the trust file cosigned the checkpoint", Reason.QUORUM_MISSING, count)
    return VerifiedCheckpoint(signed.checkpoint, own_keys[0], cosigners, _compute_quorum_time_s(policy, cosigners))


def _verify_cosignatures(policy: TrustPolicy, signed: SignedCheckpoint) -> tuple[Cosigner, ...]:
    cosigners = []
    for witness in policy.witnesses:
        lines = [line for line in signed.signatures if line.is_claimed_by(witness.key)]
        times_s = [verify_cosignature(signed.checkpoint, witness.key, line) for line in lines]
        if times_s:
            cosigners.append(Cosigner(witness.name, witness.key.name, max(times_s)))
    return tuple(cosigners)


def _compute_quorum_time_s(policy: TrustPolicy, cosigners: Sequence[Cosigner]) -> int | None:
    if policy.quorum is None:
        return None
    times_s = sorted((cosigner.time_s for cosigner in cosigners), reverse=True)
    return next(t for t in times_s if is_quorum(policy, [cosigner.name for cosigner in cosigners if cosigner.time_s >= t]))
