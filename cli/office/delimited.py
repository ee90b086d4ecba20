"""Delimited text (CSV) as spreadsheets write it: which encoding, which delimiter, which cells. Pure: bytes in, rows out.

The grammar is RFC 4180's, with `;` and tab beside the comma: Excel writes the one where the comma is the decimal mark, and the
other in its "Unicode text". Every guess is a fixed rule, so that the same bytes always read the same way.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from cli.office.limits import unreadable_file

DELIMITERS = (",", ";", "\t")

_QUOTED = re.compile(r'"[^"]*"')
_HEADER_CHARACTERS = 65_536


def decode_text(data: bytes) -> tuple[str, str]:
    """Return the text and the name of the encoding it was in: a byte-order mark decides, then UTF-8, then GB18030.

    Each is tried strictly. Text in a third encoding may pass for GB18030 and then reads as nonsense, which is why the name is
    returned: a preview shows it.
    """
    candidates: tuple[tuple[str, str], ...]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = (("utf-16", "UTF-16"),)
    elif data.startswith(codecs.BOM_UTF8):
        candidates = (("utf-8-sig", "UTF-8"),)
    else:
        candidates = (("utf-8", "UTF-8"), ("gb18030", "GB18030"))
    for codec, name in candidates:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise unreadable_file("the file holds NUL bytes, as no CSV file does but one in UTF-16 without its mark")
        return text, name
    raise unreadable_file(f"the file is not text in {' or '.join(name for _, name in candidates)}")


def find_delimiter(text: str) -> str:
    """Return the delimiter that stands most often in the first line with something in it, outside quotes; else a comma."""
    header = text[:_HEADER_CHARACTERS].lstrip()
    line = _QUOTED.sub("", header).splitlines()[:1]
    return max(DELIMITERS, key="".join(line).count)


def read_records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record with its number, from 1 and counting empty ones, as a spreadsheet numbers its rows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        raise unreadable_file(f"row {number + 1} cannot be read as CSV, most likely for a stray quotation mark") from error
