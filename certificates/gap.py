"""A document without its one long text, and the text, which is put back where the document is hashed.

Evidence is nine tenths of a certificate, and base64: JSON and linked data write it as it is. So it is cut out before the
document is read, stays as bytes, and is not looked at again character by character, nor copied into each statement about it.
"""

import hashlib
from dataclasses import dataclass

from ledger.types import Hash


@dataclass(frozen=True, slots=True)
class Gap:
    """`text` belongs behind each `mark` in what is written of a document. It is base64, and no other text has the mark."""

    mark: bytes
    text: bytes

    def hash(self, written: bytes) -> Hash:
        """SHA-256 of what is written of the document, with the text in its place."""
        first, *others = written.split(self.mark)
        state = hashlib.sha256(first)
        for other in others:
            state.update(self.mark)
            state.update(self.text)
            state.update(other)
        return Hash(state.digest())

    def count_missing(self, written: bytes) -> int:
        """How many bytes are missing in what is written."""
        return written.count(self.mark) * len(self.text)


def cut(data: bytes, mark: bytes) -> tuple[bytes, Gap] | None:
    """Return JSON without what follows `mark` in the one text that begins so, and what was cut out; None where there is none.

    The caller makes sure that what is left is canonical and has the mark where it belongs, and that the text is base64.
    """
    place = data.find(b'"' + mark)
    begin = place + 1 + len(mark)
    end = data.find(b'"', begin)
    if place < 0 or end < 0:
        return None
    rest = data[:begin] + data[end:]
    return (rest, Gap(mark, data[begin:end])) if rest.count(mark) == 1 else None
