"""The certificate that a PDF file carries, taken out by the browser: from our pages, files of others and damaged ones."""

import json
import random
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pypdfium2
import pytest

from node.scanning.documents import read_document
from node.scanning.formats import is_pdf
from tests.outside.test_library import mutate

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
CERTIFICATE: Final = (Path(__file__).parents[2] / "docs" / "formats" / "examples" / "certificate.json").read_bytes()


def write_pdf(stream: bytes, dictionary: str, name: str = "certificate.json", extra: str = "", newline: bytes = b"\n") -> bytes:
    """A PDF file of one empty page with one attachment."""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [({name}) 4 0 R] >> >> >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        f"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F 5 0 R >> >>".encode(),
        f"<< /Type /EmbeddedFile {dictionary} >>".encode() + newline + b"stream" + newline + stream + newline + b"endstream",
        str(len(stream)).encode(),
    ]
    data, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {extra} >>\nstartxref\n{len(data)}\n%%EOF\n".encode()
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def take_out(run_node: Run, *files: bytes) -> list[dict[str, Any]]:
    done = run_node("library.mjs", input=json.dumps([["attachments", data.hex()] for data in files]))
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


PACKED: Final = zlib.compress(CERTIFICATE)
GOOD: Final = [
    write_pdf(CERTIFICATE, f"/Length {len(CERTIFICATE)}"),
    write_pdf(PACKED, f"/Filter /FlateDecode /Length {len(PACKED)}"),
    write_pdf(PACKED, f"/Length {len(PACKED)}\n/Filter [ /FlateDecode ]\n/Params << /Size {len(CERTIFICATE)} >>"),
    write_pdf(PACKED, f"/Filter/FlateDecode/Length {len(PACKED)}", newline=b"\r\n"),
    write_pdf(PACKED, "/Filter /FlateDecode /Length 6 0 R"),
    write_pdf(CERTIFICATE, "/Length 6 0 R"),
]


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_attachments_are_taken_out_as_by_others(number: int, run_node: Run) -> None:
    assert read_document(GOOD[number]).attachments == (CERTIFICATE,)
    (answer,) = take_out(run_node, GOOD[number])
    assert [bytes.fromhex(item).strip() for item in answer["value"]] == [CERTIFICATE.strip()]


def test_a_file_that_others_saved_again(run_node: Run, tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument(GOOD[1])
    document.save(tmp_path / "saved.pdf")
    (answer,) = take_out(run_node, (tmp_path / "saved.pdf").read_bytes())
    assert answer["value"] == [CERTIFICATE.hex()]


def test_what_is_a_pdf_file(run_node: Run) -> None:
    files = [
        GOOD[0],
        b"\n" + GOOD[0],
        b"x" * 1_020 + GOOD[0],
        b" {%PDF-",
        b"HLB1:%PDF-0",
        b"\nHLC1:AB%PDF-",
        b"eyJ.%PDF-",
        b"",
        b"%PDF",
    ]
    done = run_node("library.mjs", input=json.dumps([["is_pdf", data.hex()] for data in files]))
    assert [item["value"] for item in json.loads(done.stdout)] == [is_pdf(data) for data in files]


def test_what_cannot_be_taken_out(run_node: Run) -> None:
    bomb = zlib.compress(bytes(9 << 20))
    refused = {
        "no_code": write_pdf(PACKED, f"/Filter /FlateDecode /Length {len(PACKED)}", extra="/Encrypt 7 0 R"),
        "unsupported_version": write_pdf(PACKED, f"/Filter [/ASCIIHexDecode /FlateDecode] /Length {len(PACKED)}"),
        "too_large": write_pdf(bomb, f"/Filter /FlateDecode /Length {len(bomb)}"),
        "malformed": write_pdf(PACKED[:-9], f"/Filter /FlateDecode /Length {len(PACKED) - 9}"),
    }
    assert [item.get("refused") for item in take_out(run_node, *refused.values())] == list(refused)
    nothing = [
        write_pdf(b"hello", "/Length 5"),
        b"%PDF-1.7\n",
        b"%PDF-" + b"/Type /EmbeddedFile stream\n" * 9,
        b"%PDF-" + b"obj<<" * 3_000_000,
    ]
    assert [item.get("value") for item in take_out(run_node, *nothing)] == [[]] * len(nothing)


def test_damaged_files_give_the_certificate_or_nothing(run_node: Run) -> None:
    """Whatever is taken out is verified like any other file; here it matters that nothing else happens."""
    random_ = random.Random(41)
    answers = take_out(run_node, *(mutate(random_.choice(GOOD), random_) for _ in range(300)))
    assert all(set(item) <= {"value", "refused"} for item in answers)
