"""The process that scans one picture or PDF file: `python -m node.scanning.worker`, bytes on stdin, what was found on stdout.

It takes from itself what it does not need: memory and time are bounded before a byte is decoded, so that a file that is made to
take too much of either ends this process and nothing else.
"""

import resource
import sys
from typing import Final

from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from node.scanning.formats import Found, format_found, is_picture

MAX_MEMORY_BYTES: Final = 1 << 30
MAX_CPU_S: Final = 15


def scan_bytes(data: bytes) -> Found:
    """Return what is in a picture or PDF file; raise `HourledgerError`."""
    # The libraries are loaded under the limits as well.
    if is_picture(data):
        from node.scanning.pictures import read_codes  # noqa: PLC0415

        return Found(read_codes(data))
    from node.scanning.documents import read_document  # noqa: PLC0415

    return read_document(data)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Scan what is on stdin."""
    _limit()
    try:
        answer = format_found(scan_bytes(sys.stdin.buffer.read()))
    except HourledgerError as error:
        answer = format_found(error)
    except MemoryError:
        answer = format_found(CodecError("it takes too much memory to be scanned", Reason.TOO_LARGE))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
