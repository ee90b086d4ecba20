"""The trust file and what counts under it: the specification's rules one by one, and forgeries that must not pass."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError, HourledgerError, ProofError, SignatureError
from ledger.notes import (
    NoteSignature,
    SignatureType,
    VerifierKey,
    format_verifier_key,
    is_key_name,
    merge_signatures,
    sign_note,
)
from ledger.reasons import Reason
from ledger.trust import (
    MAX_LINES_A_KIND,
    MAX_TRUST_BYTES,
    Cosigner,
    Group,
    LogKey,
    TrustPolicy,
    Witness,
    build_trust,
    format_trust,
    is_quorum,
    parse_trust,
    verify_checkpoint,
)
from ledger.types import PublicKey

VECTORS = Path(__file__).parents[1] / "vectors" / "c2sp"
ORIGIN = "hours.example/region"
CHECKPOINT = Checkpoint(ORIGIN, 42, sha256(b"root"))
TIME_S = 1_790_000_000


def make_key(number: int) -> SigningKey:
    return SigningKey(sha256(b"trust", number.to_bytes(2, "big")))


def log_key(number: int, origin: str = ORIGIN) -> VerifierKey:
    return VerifierKey(origin, SignatureType.ED25519, make_key(number).public_key)


def cosigner_key(number: int) -> VerifierKey:
    return VerifierKey(f"authority{number}.example", SignatureType.COSIGNATURE, make_key(number).public_key)


def cosignature(number: int, time_s: int = TIME_S, checkpoint: Checkpoint = CHECKPOINT) -> NoteSignature:
    return cosign(checkpoint, f"authority{number}.example", make_key(number), time_s)


def make_note(*lines: NoteSignature, checkpoint: Checkpoint = CHECKPOINT, log: int = 0) -> bytes:
    return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, make_key(log)), lines))


POLICY = build_trust(ORIGIN, [log_key(0)], [cosigner_key(number) for number in (1, 2, 3, 4)], 3)
LOG, W1, W2, W3 = (format_verifier_key(key) for key in (log_key(0), cosigner_key(1), cosigner_key(2), cosigner_key(3)))


def test_the_specifications_example_with_keys_put_in() -> None:
    text = (VECTORS / "tlog-policy-example.txt").read_text()
    for number in range(7):
        key = cosigner_key(number) if number else log_key(0)
        text = text.replace("<vkey>", format_verifier_key(key), 1)
    policy = parse_trust(text.encode())
    assert [log.key for log in policy.logs] == [log_key(0)]
    assert [witness.name for witness in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert policy.quorum == "X-and-Y"
    assert is_quorum(policy, ["X1", "X3", "Y2"])
    assert is_quorum(policy, ["X1", "X2", "X3", "Y1", "Y2", "Y3"])
    for too_few in (["X1", "Y1", "Y2", "Y3"], ["X1", "X2", "X3"], ["Y1"], [], ["X-and-Y"], ["X-witnesses", "Y1"]):
        assert not is_quorum(policy, too_few)
    note = make_note(cosignature(1), cosignature(3), cosignature(6))
    assert [cosigner.name for cosigner in verify_checkpoint(policy, note).cosigners] == ["X1", "X3", "Y3"]


def test_a_public_logs_checkpoint_under_a_policy_of_public_witnesses() -> None:
    policy = parse_trust((VECTORS / "arche2025h1.policy").read_bytes())
    note = (VECTORS / "arche2025h1.note").read_bytes()
    verified = verify_checkpoint(policy, note)
    assert verified.checkpoint.size == 1432088532
    assert [cosigner.name for cosigner in verified.cosigners] == ["little-garden", "smartit", "remora", "stagemole"]
    assert verified.quorum_time_s == 1779573024
    assert parse_trust(format_trust(policy)) == policy
    with pytest.raises(ProofError):
        verify_checkpoint(replace(policy, groups=(replace(policy.groups[0], threshold=5),)), note)


def test_what_the_formatter_writes() -> None:
    assert format_trust(POLICY).decode() == (
        "# hourledger trust file, in the format of https://c2sp.org/tlog-policy\n"
        "# A record is accepted when its checkpoint is signed by a log listed here\n"
        "# and cosigned by the authorities (witness lines) that the quorum asks for.\n"
        f"log {LOG}\n"
        f"witness a1 {W1}\n"
        f"witness a2 {W2}\n"
        f"witness a3 {W3}\n"
        f"witness a4 {format_verifier_key(cosigner_key(4))}\n"
        "group authorities 3 a1 a2 a3 a4\n"
        "quorum authorities\n"
    )


def test_spaces_tabs_comments_empty_lines_urls_and_bytes_that_are_no_utf8() -> None:
    data = b" \t\n".join(
        [
            b"# any bytes \xff\xfe are good in a comment",
            b"\t #indented",
            b"",
            b"  witness\t\tn\xffm " + W1.encode() + b" https://h\xc3\xb6st.example ",
            b"quorum n\xffm",  # names above suffice: a quorum need not be the last line
            b"log " + LOG.encode() + b"\thttps://log.example/#1",
            b"witness none\xe2\x84\xaa " + W2.encode(),
            b"",
        ]
    )
    policy = parse_trust(data)
    assert policy.logs == (LogKey(log_key(0), "https://log.example/#1"),)
    assert policy.quorum == "n\udcffm"
    assert policy.witnesses[0].url == "https://höst.example"
    assert b"quorum n\xffm\n" in format_trust(policy)
    assert parse_trust(format_trust(policy)) == policy


def test_a_policy_may_have_no_logs_and_no_quorum() -> None:
    policy = parse_trust(b"quorum none\n")
    assert policy == TrustPolicy((), (), (), None)
    assert is_quorum(policy, [])
    with pytest.raises(ProofError):
        verify_checkpoint(policy, make_note())
    without_quorum = parse_trust(f"log {LOG}\nquorum none\n".encode())
    verified = verify_checkpoint(without_quorum, make_note(cosignature(1)))
    assert (verified.cosigners, verified.quorum_time_s) == ((), None)


ML_DSA = "example.com+5893dc2c+Bg=="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "newline"),
        ("quorum none", "newline"),
        (f"log {LOG}\n", "exactly one quorum"),
        ("quorum none\nquorum none\n", "exactly one quorum"),
        ("quorum none\r\n", "control"),
        ("# \x7f\nquorum none\n", "control"),
        ("# \x0b\nquorum none\n", "control"),
        ("quorum\n", "line 1"),
        ("quorum none none\n", "line 1"),
        ("\nquota none\nquorum none\n", "line 2"),
        ("Quorum none\n", "line 1"),
        ("quorum\u00a0none\n", "line 1"),
        (f"log {LOG} https://log.example 1\nquorum none\n", "line 1"),
        ("log\nquorum none\n", "line 1"),
        ("log x\nquorum none\n", "line 1"),
        (f"log {W1}\nquorum none\n", "line 1.*0x04"),  # a cosigner's key is no log's key
        (f"witness w {LOG}\nquorum none\n", "line 1.*0x01"),  # and the other way round
        (f"log {ML_DSA}\nquorum none\n", "line 1.*not supported"),
        (f"witness none {W1}\nquorum none\n", "line 1.*reserved"),
        (f"witness w {W1}\ngroup none 1 w\nquorum w\n", "line 2.*reserved"),
        (f"witness w {W1}\ngroup g 1 none\nquorum w\n", "line 2.*not defined"),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "log key"),
        (f"log {LOG}\nlog {format_verifier_key(log_key(0, 'other'))}\nquorum none\n", "log key"),  # the same key renamed
        (f"witness a {W1}\nwitness b {W1}\nquorum a\n", "witness key"),
        (f"witness a {W1}\nwitness a {W2}\nquorum a\n", "name a"),
        (f"witness a {W1}\ngroup a 1 a\nquorum a\n", "name a"),
        (f"witness a {W1}\nwitness b {W2}\ngroup g 1 a\ngroup g 1 b\nquorum g\n", "name g"),
        (f"witness a {W1}\ngroup g 2 a a\nquorum g\n", "group member a"),
        (f"witness a {W1}\nwitness b {W2}\ngroup g 1 a\ngroup h any a b\nquorum h\n", "group member a"),
        (f"group g 1 a\nwitness a {W1}\nquorum g\n", "line 1.*not defined"),  # only names above may be used
        (f"witness a {W1}\ngroup g 1 h\ngroup h 1 a\nquorum g\n", "line 2.*not defined"),
        (f"witness a {W1}\ngroup g 1 g\nquorum g\n", "line 2.*not defined"),
        (f"quorum a\nwitness a {W1}\n", "line 1.*not defined"),
        ("quorum authorities\n", "line 1.*not defined"),
        (f"witness a {W1}\ngroup g 0 a\nquorum g\n", "line 2"),
        (f"witness a {W1}\ngroup g 2 a\nquorum g\n", "line 2.*2 of 1"),
        (f"witness a {W1}\ngroup g -1 a\nquorum g\n", "line 2"),
        (f"witness a {W1}\ngroup g +1 a\nquorum g\n", "line 2"),
        (f"witness a {W1}\ngroup g ALL a\nquorum g\n", "line 2"),
        (f"witness a {W1}\ngroup g 1\nquorum a\n", "line 2"),
        (f"witness a {W1}\ngroup g all\nquorum a\n", "line 2"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_the_line(text: str, said: str) -> None:
    with pytest.raises(CodecError, match=said):
        parse_trust(text.encode())


def test_a_key_with_a_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(CodecError, match="line 1"):
        parse_trust(b"log \xff" + LOG.encode() + b"\nquorum none\n")


def test_the_same_key_may_stand_for_a_log_and_a_witness() -> None:
    text = f"log {LOG}\nwitness w {format_verifier_key(cosigner_key(0))}\nquorum w\n"
    assert parse_trust(text.encode()).witnesses[0].key.public_key == log_key(0).public_key


def test_sizes_and_numbers_of_lines_are_bounded() -> None:
    keys = [format_verifier_key(cosigner_key(number)) for number in range(MAX_LINES_A_KIND + 1)]
    lines = [f"witness w{number} {key}\n" for number, key in enumerate(keys)]
    assert len(parse_trust("".join([*lines[:-1], "quorum w0\n"]).encode()).witnesses) == MAX_LINES_A_KIND
    padding = "#" * MAX_TRUST_BYTES
    for text in ("".join([*lines, "quorum w0\n"]), f"{padding}\nquorum none\n"):
        with pytest.raises(CodecError) as refused:
            parse_trust(text.encode())
        assert refused.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("text", ["", "a b", "a\tb", "a\n", "a\x7f", "\ud800", "\udcc3\udca9"])
def test_items_that_no_line_can_hold(text: str) -> None:
    with pytest.raises(CodecError):
        Witness(text, cosigner_key(1))
    with pytest.raises(CodecError):
        LogKey(log_key(0), text)


def test_a_key_name_that_a_note_allows_and_a_policy_does_not() -> None:
    with pytest.raises(CodecError):
        LogKey(log_key(0, "a\x7fb"))


def test_a_policy_made_in_memory_obeys_the_same_rules() -> None:
    one, other = Witness("a", cosigner_key(1)), Witness("b", cosigner_key(2))
    nested = (Group("g", 1, ("a",)), Group("h", 2, ("g", "b")))
    assert is_quorum(TrustPolicy((), (one, other), nested, "h"), ["a", "b"])
    renamed = VerifierKey("other.example", SignatureType.COSIGNATURE, one.key.public_key)
    for witnesses, groups, quorum in [
        ((one, Witness("b", renamed)), (), "a"),
        ((one, other), tuple(reversed(nested)), "h"),
        ((one, other), (Group("g", 1, ("g",)),), "a"),
        ((one,), (), "b"),
    ]:
        with pytest.raises(CodecError):
            TrustPolicy((), witnesses, groups, quorum)


def test_built_policies_need_the_origin_as_the_logs_name_and_a_threshold_that_can_be_met() -> None:
    with pytest.raises(CodecError, match="origin"):
        build_trust("hours.example/other", [log_key(0)], [cosigner_key(1)], 1)
    for threshold in (0, 2):
        with pytest.raises(CodecError):
            build_trust(ORIGIN, [log_key(0)], [cosigner_key(1)], threshold)
    with pytest.raises(CodecError):
        build_trust(ORIGIN, [log_key(0)], [log_key(1)], 1)


def test_enough_authorities_vouch() -> None:
    verified = verify_checkpoint(POLICY, make_note(cosignature(4, TIME_S + 5), cosignature(1), cosignature(2, TIME_S + 9)))
    assert verified.checkpoint == CHECKPOINT
    assert verified.log_key == log_key(0)
    assert verified.cosigners == (
        Cosigner("a1", "authority1.example", TIME_S),
        Cosigner("a2", "authority2.example", TIME_S + 9),
        Cosigner("a4", "authority4.example", TIME_S + 5),
    )


@pytest.mark.parametrize(
    ("times_s", "quorum_time_s"),
    [
        ([10, 10, 10], 10),
        ([10, 20, 30], 10),
        ([10, 20, 30, 40], 20),  # three of four say 20 or later
        ([10, 20, 30, 10**15], 20),  # one wrong clock moves nothing
        ([0, 20, 30, 40], 20),
    ],
)
def test_the_quorums_time_is_the_latest_that_a_full_quorum_vouches_for(times_s: list[int], quorum_time_s: int) -> None:
    lines = [cosignature(number, time_s) for number, time_s in enumerate(times_s, start=1)]
    assert verify_checkpoint(POLICY, make_note(*lines)).quorum_time_s == quorum_time_s


def refuse(policy: TrustPolicy, note: bytes) -> HourledgerError:
    with pytest.raises(HourledgerError) as refused:
        verify_checkpoint(policy, note)
    return refused.value


def test_too_few_authorities() -> None:
    error = refuse(POLICY, make_note(cosignature(1), cosignature(2)))
    assert (error.reason, error.value) == (Reason.QUORUM_MISSING, "2 of 4 authorities")
    assert refuse(POLICY, make_note(cosignature(1), cosignature(2), cosignature(7))).reason is Reason.QUORUM_MISSING


def test_one_authority_counts_once_however_often_it_signs() -> None:
    twice = [cosignature(1), cosignature(1, TIME_S + 1), cosignature(2)]
    log = sign_checkpoint(CHECKPOINT, make_key(0))
    note = format_signed_checkpoint(replace(log, signatures=(*log.signatures, *twice)))
    assert refuse(POLICY, note).reason is Reason.QUORUM_MISSING
    enough = format_signed_checkpoint(replace(log, signatures=(*log.signatures, *twice, cosignature(3))))
    assert verify_checkpoint(POLICY, enough).cosigners[0].time_s == TIME_S + 1


def test_unknown_logs() -> None:
    lines = [cosignature(number) for number in (1, 2, 3)]
    assert refuse(POLICY, make_note(*lines, log=9)).reason is Reason.UNTRUSTED_LOG
    other = replace(CHECKPOINT, origin="hours.example/other")
    error = refuse(POLICY, make_note(*[cosignature(number, checkpoint=other) for number in (1, 2, 3)], checkpoint=other))
    assert (error.reason, error.value) == (Reason.UNTRUSTED_LOG, "hours.example/other")
    assert refuse(POLICY, make_note()).reason is Reason.QUORUM_MISSING


def test_a_listed_log_cannot_speak_for_another_origin() -> None:
    other = replace(CHECKPOINT, origin="hours.example/other")
    signed = sign_checkpoint(other, make_key(9))
    by_listed = sign_note(signed.note.text, ORIGIN, make_key(0)).signatures
    lines = merge_signatures(by_listed, [cosignature(number, checkpoint=other) for number in (1, 2, 3)])
    assert refuse(POLICY, format_signed_checkpoint(replace(signed, signatures=lines))).reason is Reason.UNTRUSTED_LOG


def test_any_listed_log_will_do() -> None:
    policy = build_trust(ORIGIN, [log_key(8), log_key(0)], [cosigner_key(1)], 1)
    assert verify_checkpoint(policy, make_note(cosignature(1))).log_key == log_key(0)
    assert verify_checkpoint(policy, make_note(cosignature(1), log=8)).log_key == log_key(8)


def test_a_failing_signature_by_a_listed_key_spoils_the_checkpoint() -> None:
    good = [cosignature(number) for number in (1, 2, 3)]
    stale = cosignature(4, checkpoint=replace(CHECKPOINT, size=41))
    with pytest.raises(SignatureError) as refused:
        verify_checkpoint(POLICY, make_note(*good, stale))
    assert refused.value.value == "authority4.example"
    other = sign_checkpoint(replace(CHECKPOINT, size=43), make_key(0))
    with pytest.raises(SignatureError):
        verify_checkpoint(POLICY, format_signed_checkpoint(add_signatures(replace(other, checkpoint=CHECKPOINT), good)))


def test_a_log_signature_is_no_cosignature_and_a_cosignature_no_log_signature() -> None:
    keys = [VerifierKey(ORIGIN, SignatureType.COSIGNATURE, make_key(0).public_key)]
    policy = build_trust(ORIGIN, [log_key(0)], keys, 1)
    assert refuse(policy, make_note()).reason is Reason.QUORUM_MISSING
    cosigned = cosign(CHECKPOINT, ORIGIN, make_key(0), TIME_S)
    only_cosigned = format_signed_checkpoint(replace(sign_checkpoint(CHECKPOINT, make_key(0)), signatures=(cosigned,)))
    assert refuse(policy, only_cosigned).reason is Reason.UNTRUSTED_LOG
    assert verify_checkpoint(policy, make_note(cosigned)).cosigners[0].key_name == ORIGIN


def test_no_flipped_bit_makes_another_statement() -> None:
    policy = build_trust(ORIGIN, [log_key(0)], [cosigner_key(1), cosigner_key(2)], 1)
    note = make_note(cosignature(1), cosignature(2, TIME_S + 7))
    genuine = verify_checkpoint(policy, note)
    survivors = 0
    for position in range(len(note) * 8):
        changed = bytearray(note)
        changed[position // 8] ^= 1 << position % 8
        try:
            verified = verify_checkpoint(policy, bytes(changed))
        except (CodecError, SignatureError, ProofError):
            continue
        # What remains is a line that now belongs to a stranger: fewer vouch, and for nothing new.
        survivors += 1
        assert verified.checkpoint == genuine.checkpoint
        assert verified.log_key == genuine.log_key
        assert len(verified.cosigners) == 1
        assert set(verified.cosigners) < set(genuine.cosigners)
    assert survivors > 0


items = st.binary(min_size=1, max_size=8).map(lambda data: bytes(b for b in data if 0x21 <= b <= 0x7E or b >= 0x80) or b"x")
item_texts = items.map(lambda data: data.decode("utf-8", "surrogateescape"))
urls = st.none() | item_texts
key_names = st.text(st.characters(codec="utf-8", exclude_characters="+\x7f"), min_size=1, max_size=12).filter(is_key_name)


@st.composite
def policies(draw: st.DrawFn) -> TrustPolicy:
    """Policies of any shape: logs, witnesses, nested groups of what is not yet a member, a quorum or none."""
    public_keys = draw(st.lists(st.binary(min_size=32, max_size=32), unique=True, max_size=8))
    defined = draw(st.lists(item_texts.filter(lambda name: name != "none"), unique=True, min_size=12, max_size=12))
    count = draw(st.integers(0, len(public_keys)))
    logs = [LogKey(VerifierKey(draw(key_names), SignatureType.ED25519, PublicKey(k)), draw(urls)) for k in public_keys[:count]]
    witnesses = [
        Witness(defined.pop(), VerifierKey(draw(key_names), SignatureType.COSIGNATURE, PublicKey(k)), draw(urls))
        for k in public_keys[count:]
    ]
    free = [witness.name for witness in witnesses]
    groups: list[Group] = []
    for _ in range(draw(st.integers(0, 4)) if free else 0):
        members = draw(st.lists(st.sampled_from(free), unique=True, min_size=1))
        groups.append(Group(defined.pop(), draw(st.integers(1, len(members))), tuple(members)))
        free = [name for name in free if name not in members] + [groups[-1].name]
    names = [witness.name for witness in witnesses] + [group.name for group in groups]
    return TrustPolicy(tuple(logs), tuple(witnesses), tuple(groups), draw(st.sampled_from([None, *names])))


@given(policies())
def test_policy_round_trip(policy: TrustPolicy) -> None:
    assert parse_trust(format_trust(policy)) == policy


def count_quorum(policy: TrustPolicy, name: str, cosigned: Iterable[str]) -> bool:
    """Read the specification's sentence from the top down, as a check on the loop that goes from the bottom up."""
    for group in policy.groups:
        if group.name == name:
            return sum(count_quorum(policy, member, cosigned) for member in group.members) >= group.threshold
    return name in cosigned


@given(policies(), st.data())
def test_quorums_are_counted_as_specified_and_more_names_never_hurt(policy: TrustPolicy, data: st.DataObject) -> None:
    names = [witness.name for witness in policy.witnesses]
    cosigned = data.draw(st.sets(st.sampled_from(names)) if names else st.just(set[str]()))
    expected = policy.quorum is None or count_quorum(policy, policy.quorum, cosigned)
    assert is_quorum(policy, cosigned) is expected
    assert is_quorum(policy, names) is True
    assert not expected or all(is_quorum(policy, cosigned | {name}) for name in names)


words = ["log ", "witness ", "group ", "quorum ", "none", "a ", "b ", "1 ", "all ", "any ", "\n", "\t", "#", W1, W2, LOG]
pieces = st.sampled_from([*words, f"witness a {W1}\n"])


@given(st.binary() | st.lists(pieces).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_policy_or_a_codec_error(data: bytes) -> None:
    try:
        policy = parse_trust(data)
    except CodecError:
        return
    assert parse_trust(format_trust(policy)) == policy


@given(st.binary() | st.lists(pieces).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_as_a_note_are_refused_with_a_typed_error(data: bytes) -> None:
    with pytest.raises(HourledgerError):
        verify_checkpoint(POLICY, data)
