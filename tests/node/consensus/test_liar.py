"""One liar of four who says well-formed things in any order, to whom it likes: the others decide, and accuse nobody but it."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import Block, encode_block
from ledger.crypto import sha256
from ledger.types import Hash, Height, Round, TimeMs
from ledger.votes import MAX_PARTS, NO_ROUND, VoteType, make_evidence, sign_proposal, sign_vote
from node.chain import Candidate
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.height import MAX_ASSEMBLIES
from node.consensus.messages import (
    BlockPart,
    CommittedBlock,
    EvidenceMessage,
    Message,
    ProposalMessage,
    Status,
    TransactionsMessage,
    VoteMessage,
    WantBlock,
    WantParts,
)
from node.consensus.replica import MAX_VOTES_OF_VOTER
from tests.node import toy
from tests.node.consensus.saying import KEY, require_going_on
from tests.node.consensus.town import LIAR, Town

HONEST = (0, 2, 3)


@dataclass
class Liar:
    """Speaks of the height that most are at, of blocks that are good and bad, and of what it has heard."""

    town: Town
    random: Random
    said: list[Message] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    def speak(self) -> None:
        ways = (self.vote, self.propose, self.give_part, self.give_commit, self.ask, self.accuse, self.tell, self.repeat)
        message = self.random.choice(ways)()
        self.said.append(message)
        self.town.tell(self.random.choice(HONEST), message)

    @property
    def height(self) -> Height:
        return self.random.choice([self.town[number].replica.height for number in HONEST])

    def make_candidate(self) -> Candidate:
        """A block after the tip of one who is honest; few different ones, so that they come up again."""
        member = self.town[self.random.choice(HONEST)]
        transactions = [toy.transact(1_000 + self.random.randrange(3), (b"liar", b"x"))]
        time_ms = TimeMs(self.town.now_ms // 1_000 * 1_000 + self.random.choice([0, 500, 50_000]))
        candidate = member.chain.build(transactions, time_ms, KEY.public_key)
        self.candidates = [*self.candidates[-4:], candidate]
        return candidate

    def draw_data(self, candidate: Candidate) -> bytes:
        """A block's bytes, or what shall pass for them."""
        whole = encode_block(candidate.block)
        return self.random.choice([whole, whole, encode_block(Block(candidate.block.header, ())), whole[:-1], b"garbage"])

    def draw_value(self) -> Hash:
        heard = [
            message.proposal.block_hash for _by, _to, message in self.town.heard[-50:] if isinstance(message, ProposalMessage)
        ]
        own = [item.block_hash for item in self.candidates]
        return self.random.choice([*heard[-3:], *own, sha256(b"nothing")])

    def draw_round(self) -> Round:
        return Round(self.random.choice([0, 0, 1, 2, 3, 4, self.random.randrange(12), 2**31 - 1]))

    def vote(self) -> Message:
        value = self.random.choice([None, self.draw_value()])
        round_, type_ = self.draw_round(), self.random.choice(list(VoteType))
        may_rest = type_ is VoteType.PREVOTE and value is not None and round_ > 0
        basis = self.random.randrange(NO_ROUND, min(round_, 4)) if may_rest else NO_ROUND
        return VoteMessage(sign_vote(toy.CHAIN_ID, KEY, type_, self.height, round_, value, basis))

    def propose(self) -> Message:
        candidate, height = self.make_candidate(), self.height
        mine = (LIAR - height) % 4
        round_ = Round(mine + 4 * self.random.choice([0, 0, 0, 1, 5]))
        valid_round = self.random.randrange(NO_ROUND, min(round_, 4)) if round_ else NO_ROUND
        parts = compute_part_hashes(self.draw_data(candidate))
        return ProposalMessage(sign_proposal(toy.CHAIN_ID, KEY, height, round_, candidate.block_hash, valid_round, parts))

    def give_part(self) -> Message:
        candidate = self.random.choice(self.candidates) if self.candidates else self.make_candidate()
        part = split_block(self.draw_data(candidate))[0]
        return BlockPart(self.height, candidate.block_hash, self.random.choice([0, 0, 0, MAX_PARTS - 1]), part)

    def give_commit(self) -> Message:
        candidate = self.make_candidate()
        return CommittedBlock(encode_block(candidate.block), toy.make_commit(candidate.block.header, [KEY]))

    def ask(self) -> Message:
        wanted = WantParts(self.height, self.draw_value(), tuple(self.random.randrange(4) for _ in range(5)))
        wishes: list[Message] = [wanted, WantBlock(self.height), WantBlock(Height(2**60))]
        return self.random.choice(wishes)

    def accuse(self) -> Message:
        """Itself; or somebody honest, of what it has said."""
        honest = [message.vote for _by, _to, message in self.town.heard[-50:] if isinstance(message, VoteMessage)]
        if len(honest) > 1 and self.random.random() < 0.5:
            first, second = self.random.sample(honest, 2)
            return EvidenceMessage(make_evidence(first, second))
        height = Height(self.random.randint(1, self.height))
        votes = [sign_vote(toy.CHAIN_ID, KEY, VoteType.PREVOTE, height, Round(0), sha256(side), -1) for side in (b"a", b"b")]
        return EvidenceMessage(make_evidence(*votes))

    def tell(self) -> Message:
        transaction = TransactionsMessage((encode_signed_of(self.random.randrange(5)),))
        news: list[Message] = [transaction, Status(self.height), Status(Height(2**62))]
        return self.random.choice(news)

    def repeat(self) -> Message:
        heard = [message for _by, _to, message in self.town.heard[-30:]]
        return self.random.choice([*self.said[-10:], *heard, Status(Height(0))])


def encode_signed_of(number: int) -> bytes:
    return toy.envelopes(toy.transact(2_000 + number, (b"k", b"v"), key=toy.OTHER_MEMBER))[0]


@given(st.randoms(use_true_random=False), st.integers(5, 60))
def test_whatever_one_liar_says_the_others_go_on(random: Random, count: int) -> None:
    town = Town(played=[LIAR])
    liar = Liar(town, random)
    for number in range(count):
        if random.random() < 0.1:
            town[random.choice(HONEST)].replica.submit(toy.transact(number, (b"k", b"v")), town.now_ms)
        liar.speak()
        if random.random() < 0.4:
            town.deliver_all()
        if random.random() < 0.2:
            town.run(random.choice([50, 500, 3_000]))
        for member in town.members.values():
            book = member.replica._book
            assert len(book.votes) <= MAX_VOTES_OF_VOTER * 4 + 1
            assert len(book.assemblies) <= MAX_ASSEMBLIES
            assert len(book.proposals) <= member.replica.state.round + 1 + 4
    require_going_on(town)
    tips = {member.chain.tip.block_hash for member in town.members.values()}
    assert len(tips) == 1
