"""What happened: the entries of the log.

An entry is `[version, type, fields]`. Each type of event is declared once, beside the rule that emits it, with the codec of its
fields and the parties who may read it. The outcome of every transaction is itself an event, so that it can be proven.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from ledger import codec
from ledger.codec import MAX_ENTRY_BYTES, Codec, Wire, decode, decode_known, encode, encode_each
from ledger.errors import CodecError, RowOutcome
from ledger.reasons import Reason
from ledger.shapes import MISFIT
from ledger.types import Hash, Height, Identifier

T = TypeVar("T")

ENTRY_VERSION = 1
MAX_ROWS = 1_000
"""Rows of one batch. With values of 32 bytes, the outcome of a batch fits in one entry."""
MAX_VALUE_CHARACTERS = 32
MAX_REMEMBERED_PARTIES = 16_384
"""More than most blocks have of entries: some 6 MB, where nobody asks."""
_REFUSED_IN_VALUE = re.compile("[^ -~]")


def _unchanged(wire: Wire) -> Wire:
    return wire


_head_decoder = msgspec.msgpack.Decoder(tuple[int, str, msgspec.Raw])
_entry_codec: Codec[Wire] = codec.Codec("entry", _unchanged, _unchanged)


def _no_parties(_value: object) -> tuple[Identifier, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class EventType(Generic[T]):
    """One type of event: its name, the codec of its fields, and whose it is.

    `parties` names the organisation, volunteer or merchant that may read the entry; an event without parties is public.
    """

    name: str
    codec: Codec[T]
    parties: Callable[[T], tuple[Identifier, ...]] = _no_parties
    entry_codec: Codec[T] = field(init=False)
    """Of the whole entry."""

    def __post_init__(self) -> None:
        """Derive the codec of the entry."""
        object.__setattr__(self, "entry_codec", codec.tagged((ENTRY_VERSION, self.name), self.codec, _read_fields(self)))

    def encode(self, value: T) -> bytes:
        """Return the log entry; raise `CodecError` when a field does not fit or the entry is too long."""
        entry = self._require_room(encode(self.entry_codec, value))
        _forget_many()
        _parties[entry] = self.parties(value)
        return entry

    def encode_each(self, values: Sequence[T]) -> list[bytes]:
        """Return the log entry of each value: see `encode`."""
        entries = encode_each(self.entry_codec, values)
        self._require_room(max(entries, key=len, default=b""))
        _forget_many()
        _parties.update(zip(entries, map(self.parties, values), strict=True))
        return entries

    def _require_room(self, entry: bytes) -> bytes:
        if len(entry) > MAX_ENTRY_BYTES:
            raise CodecError(f"{self.name}: the entry has {len(entry)} bytes", Reason.TOO_LARGE)
        return entry

    def decode(self, entry: bytes) -> T:
        """Return the fields of an entry of this type, or raise `CodecError`."""
        return decode(self.entry_codec, entry)

    def find_parties(self, entry: bytes) -> tuple[Identifier, ...]:
        """Return whose an entry of this type is, or raise `CodecError`. It would be theirs in any other encoding, too."""
        return self.parties(decode_known(self.entry_codec, entry))


_parties: dict[bytes, tuple[Identifier, ...]] = {}
"""Of entries that were made lately: whoever makes an entry has its fields at hand, and who stores it asks whose it is."""


def _forget_many() -> None:
    if len(_parties) > MAX_REMEMBERED_PARTIES:
        _parties.clear()


def recall_parties(entry: bytes) -> tuple[Identifier, ...] | None:
    """Return whose an entry is that was made lately, once; None where that is not remembered."""
    return _parties.pop(entry, None)


def _read_fields(event_type: EventType[T]) -> Callable[[Wire], T]:
    def read(wire: Wire) -> T:
        name, values = _split(wire)
        if name != event_type.name:
            # What it calls itself may be a long text with any characters.
            raise CodecError(f"the entry is not a {event_type.name}")
        return event_type.codec.from_wire(values)

    return read


def split_entry(entry: bytes) -> tuple[str, Wire]:
    """Return the type's name and the undecoded fields of an entry, or raise `CodecError`.

    The fields may be of any type that MessagePack has until a type's codec has read them.
    """
    return _split(decode(_entry_codec, entry))


def find_type(entry: bytes) -> str:
    """Return the type's name without a look at the fields, or raise `CodecError`."""
    try:
        version, name, _fields = _head_decoder.decode(entry)
    except MISFIT:
        return split_entry(entry)[0]
    return name if version == ENTRY_VERSION else split_entry(entry)[0]


def _split(wire: Wire) -> tuple[str, Wire]:
    match wire:
        case [version, str(name), fields] if type(version) is int and version == ENTRY_VERSION:
            return name, fields
        case [version, *_] if type(version) is int and version > ENTRY_VERSION:
            raise CodecError(f"entry: version {version} is not known here", Reason.UNSUPPORTED_VERSION)
        case _:
            raise CodecError("entry: not [1, type, fields]")


class Outcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of a transaction, recorded once. `reason` is None when it was accepted.

    The `event_count` entries before an outcome in the log are the events of its transaction. `rows` has one item for each row
    of a batch, None for one that was accepted, and is empty for transactions without rows.
    """

    transaction_id: Hash
    height: Height
    reason: Reason | None
    value: str
    rows: tuple[RowOutcome | None, ...]
    event_count: int

    @property
    def is_accepted(self) -> bool:
        """Whether the transaction changed the state."""
        return self.reason is None


_value_codec: Codec[str] = codec.text("value", MAX_VALUE_CHARACTERS, min_bytes=0)
_row_codec: Codec[RowOutcome] = codec.struct(RowOutcome, codec.member(Reason), _value_codec)
OUTCOME: EventType[Outcome] = EventType(
    "ledger.outcome",
    codec.struct(
        Outcome,
        codec.hash_,
        codec.height,
        codec.optional(codec.member(Reason)),
        _value_codec,
        codec.sequence(codec.optional(_row_codec), 0, MAX_ROWS),
        codec.integer("event count", 0, 1_000_000),
    ),
)


def shorten_value(value: str) -> str:
    """Return an offending value in the form in which outcomes record it: at most 32 characters of printable ASCII.

    What else is printable depends on the interpreter's Unicode version, and outcomes must be the same on every node.
    """
    return _REFUSED_IN_VALUE.sub("?", value[:MAX_VALUE_CHARACTERS])
