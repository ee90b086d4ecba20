"""What people have: photographs, screenshots, scans and PDF files, good ones and ones that were made to do harm."""

import asyncio
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from certificates.artefacts import verify_artefact
from certificates.checks import Times
from certificates.reports import Question
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs
from ledger.verification import Verdict
from node.scanning import opening
from node.scanning.formats import MAX_FILE_BYTES, is_pdf, is_picture, is_scannable, parse_found
from node.scanning.opening import Opened, open_file, open_file_aside
from node.scanning.worker import scan_bytes
from tests.certificates.code_towns import TIME_S
from tests.effort import choose
from tests.node.scanning.samples import CODE, OTHER_CODE, TRUST, draw_code, make_pdf, put_on_paper, render, save

ONE = draw_code(CODE)
PNG = save(ONE)


def fail(data: bytes) -> Reason:
    with pytest.raises(HourledgerError) as failed:
        open_file(data)
    assert "\n" not in str(failed.value)
    return failed.value.reason


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {"quality": 60}), ("JPEG", {"quality": 80, "progressive": True}), ("WEBP", {"quality": 60})],
)
def test_code_is_read_from_pictures_of_each_kind(kind: str, options: dict[str, object]) -> None:
    data = save(put_on_paper(ONE, angle=7), kind, **options)
    assert is_picture(data)
    opened = open_file(data)
    assert opened == Opened(CODE.encode())
    assert verify_artefact(opened.artefact, Question((TRUST,), Times(TimeMs(TIME_S * 1000 + 10_000)))).verdict is Verdict.VALID


def test_code_on_a_transparent_ground_is_on_white() -> None:
    black, clear = (0, 0, 0, 255), (0, 0, 0, 0)
    grey = ONE.convert("L")
    pixels = [black if value < 128 else clear for value in grey.tobytes()]
    image = Image.new("RGBA", grey.size)
    image.putdata(pixels)
    assert open_file(save(image)).artefact == CODE.encode()


def test_large_photograph_is_read() -> None:
    data = save(put_on_paper(draw_code(CODE, 8), size=(8_000, 6_000)), "JPEG", quality=70)
    assert open_file(data).artefact == CODE.encode()


def test_several_codes_are_too_many_unless_they_are_the_same_or_not_ours() -> None:
    assert fail(save(put_on_paper(ONE, draw_code(OTHER_CODE)))) is Reason.SEVERAL_CODES
    assert open_file(save(put_on_paper(ONE, ONE))).artefact == CODE.encode()
    assert open_file(save(put_on_paper(ONE, draw_code("https://example.org/")))).artefact == CODE.encode()


def test_picture_without_a_code_of_ours() -> None:
    assert fail(save(Image.new("RGB", (300, 200), "white"))) is Reason.NO_CODE
    assert fail(save(draw_code("https://example.org/"))) is Reason.NO_CODE


def test_pdf_gives_what_is_attached_and_the_code_on_the_page() -> None:
    assert open_file(make_pdf(b'{"a":1}', CODE)) == Opened(b'{"a":1}', is_attached=True, page_code=CODE.encode())
    assert open_file(make_pdf(b'{"a":1}')) == Opened(b'{"a":1}', is_attached=True)


def test_attachments_of_other_names_are_taken_where_they_are_json() -> None:
    assert open_file(make_pdf(b'{"a":1}', name="badge.json")).artefact == b'{"a":1}'
    assert open_file(make_pdf(b'{"a":1}', more={"other.json": b'{"b":1}', "notes.txt": b"hello"})).artefact == b'{"a":1}'
    assert fail(make_pdf(b'{"a":1}', name="a.json", more={"b.json": b'{"b":1}'})) is Reason.SEVERAL_CODES
    assert fail(make_pdf(b"hello", name="notes.txt")) is Reason.NO_CODE


def test_many_attachments_are_not_all_unpacked_for_whoever_waits() -> None:
    large = {f"{number}.json": b'{"a":%d%s}' % (number, b"0" * (1 << 20)) for number in range(1, 20)}
    pdf = make_pdf(more=large)
    assert len(pdf) < 1 << 20
    with pytest.raises(HourledgerError) as refused:
        scan_bytes(pdf)
    assert refused.value.reason is Reason.SEVERAL_CODES


def test_pdf_without_attachment_is_scanned_for_a_code() -> None:
    pdf = make_pdf(code=CODE)
    assert is_pdf(pdf)
    assert open_file(pdf) == Opened(CODE.encode())
    assert open_file(save(render(pdf))) == Opened(CODE.encode())
    assert fail(make_pdf()) is Reason.NO_CODE


def test_encrypted_pdf() -> None:
    assert fail(make_pdf(code=CODE, is_encrypted=True)) is Reason.NO_CODE


@pytest.mark.parametrize(
    "make", [lambda: make_pdf(code=CODE), lambda: PNG, lambda: save(ONE, "JPEG"), lambda: save(ONE, "WEBP")]
)
def test_files_that_were_cut_off(make: Callable[[], bytes]) -> None:
    data = make()
    assert fail(data[: len(data) // 2]) in {Reason.MALFORMED, Reason.NO_CODE, Reason.TOO_LARGE}
    assert fail(data[:20]) in {Reason.MALFORMED, Reason.TOO_LARGE}


def make_png(width: int, height: int, rows: bytes = b"") -> bytes:
    """Return a PNG picture that says that it has a size, whatever it has."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (40_000, 1_001), (2**31 - 1, 2**31 - 1)])
def test_picture_of_huge_dimensions_is_not_decoded(width: int, height: int) -> None:
    assert fail(make_png(width, height)) in {Reason.TOO_LARGE, Reason.MALFORMED}


def test_bomb_of_the_largest_size_ends_within_the_limits() -> None:
    width, height = 8_000, 5_000
    assert fail(make_png(width, height, b"\x00" * (height * (width + 1)))) is Reason.NO_CODE


def test_file_that_is_too_large() -> None:
    assert fail(PNG + b"\x00" * MAX_FILE_BYTES) is Reason.TOO_LARGE


def test_process_that_comes_to_harm_harms_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_COMMAND", ("/bin/sh", "-c", "kill -9 $$"))
    assert fail(PNG) is Reason.TOO_LARGE
    with pytest.raises(HourledgerError):
        asyncio.run(open_file_aside(PNG))
    monkeypatch.setattr(opening, "_COMMAND", ("/bin/sh", "-c", "cat > /dev/null; echo '{}'"))
    assert fail(PNG) is Reason.MALFORMED
    monkeypatch.setattr(opening, "_COMMAND", ("/bin/sleep", "20"))
    monkeypatch.setattr(opening, "MAX_WALL_S", 0.2)
    assert fail(PNG) is Reason.TOO_LARGE
    with pytest.raises(HourledgerError) as slow:
        asyncio.run(open_file_aside(PNG))
    assert slow.value.reason is Reason.TOO_LARGE


def test_aside_does_the_same() -> None:
    assert asyncio.run(open_file_aside(PNG)) == Opened(CODE.encode())
    assert asyncio.run(open_file_aside(b"{}")) == Opened(b"{}")


@settings(max_examples=choose(40, 150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([PNG, save(ONE, "JPEG"), save(ONE, "WEBP"), make_pdf(b"{}", CODE)]), st.data())
def test_damaged_files_are_answered_with_the_one_error(data: bytes, choice: st.DataObject) -> None:
    damaged = bytearray(data)
    for _ in range(choice.draw(st.integers(1, 6))):
        damaged[choice.draw(st.integers(8, len(damaged) - 1))] = choice.draw(st.integers(0, 255))
    try:
        found = scan_bytes(bytes(damaged))
    except HourledgerError:
        return
    assert len(found.codes) <= 16


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_good_beginning(data: bytes) -> None:
    for start in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBP", b"%PDF-1.7\n"):
        assert is_scannable(start + data)
        with pytest.raises(HourledgerError):
            scan_bytes(start + data)


def test_code_that_has_the_beginning_of_a_pdf_file_in_it_is_a_code() -> None:
    for text in (b"HLB1:AB%PDF-1.7CD", b"\nHLC1:%PDF-", b'{"a": "%PDF-"}', b"eyJh%PDF-"):
        assert not is_scannable(text)
    assert is_pdf(b"junk of a mail program\r\n%PDF-1.7")


@given(st.binary(max_size=100))
def test_answers_of_the_process_are_not_trusted(data: bytes) -> None:
    with pytest.raises(HourledgerError):
        parse_found(data)
