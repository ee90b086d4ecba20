"""Cases about pictures and PDF files, which have a code or a certificate in them, or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

import segno
from fpdf import FPDF
from PIL import Image

from certificates.certificate import issue_certificate
from certificates.jcs import encode_jcs
from certificates.one_code import format_one_code
from tools.vectors.case import Case
from tools.vectors.codes import make_code, make_registered
from tools.vectors.kit import POSITION, Kit
from tools.vectors.world import MIA, OFFICERS

PICTURE: Final = "picture.png"
PAGE: Final = "page.pdf"
_MADE: Final = datetime(2026, 9, 21, tzinfo=UTC)


def draw_code(text: str) -> bytes:
    """Return a picture of a QR code."""
    buffer = BytesIO()
    segno.make(text, error="m").save(buffer, kind="png", scale=3)
    return buffer.getvalue()


def make_page(code: str | None = None, attachment: bytes | None = None) -> bytes:
    """Return a PDF file of one page, with a code on it and a certificate attached where they are given."""
    pdf = FPDF()
    pdf.set_creation_date(_MADE)
    pdf.set_producer("hourledger test vectors")
    if attachment is not None:
        pdf.embed_file(bytes=attachment, basename="certificate.json", modification_date=_MADE)
    pdf.add_page()
    if code is not None:
        pdf.image(Image.open(BytesIO(draw_code(code))), x=20, y=20, w=80)
    return bytes(pdf.output())


def list_pictures(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    world = make_registered(kit)
    text, other = (format_one_code(make_code(world, place)) for place in (0, 1))
    document = encode_jcs(issue_certificate(kit.river.make_evidence(MIA), OFFICERS[0], kit.issued_ms, position=POSITION))
    picture, page = kit.of("picture", PICTURE), kit.of("page", PAGE)
    code = {"kind": "one_code"}
    certificate = {"kind": "certificate"}
    unknown = {"kind": "unknown"}
    broken = "invalid format malformed"
    nothing = "undetermined format no_code"
    yield picture.case("good", "A picture with a code", "A QR code with a certificate in it.", draw_code(text), **code)
    blank = BytesIO()
    Image.new("L", (200, 200), 200).save(blank, "PNG")
    yield picture.case(
        "without-code", "A picture without a code", "A grey square has nothing to verify.", blank.getvalue(), nothing, **unknown
    )
    link = draw_code("https://example.org/menu")
    yield picture.case("other-code", "A code of something else", "The code is the address of a menu.", link, nothing, **unknown)
    cut = draw_code(text)
    yield picture.case(
        "cut-off", "A picture that is cut off", "The file ends in the middle.", cut[: len(cut) // 2], broken, **unknown
    )
    yield picture.case(
        "signature-only",
        "Eight bytes of a picture",
        "The file says that it is a picture, and ends.",
        cut[:8],
        broken,
        **unknown,
    )
    yield page.case(
        "good",
        "A page with all",
        "The certificate is attached, and its code is on the page.",
        make_page(text, document),
        **certificate,
    )
    yield page.case("code-alone", "A page with a code", "Only the code is on the page.", make_page(text), **code)
    yield page.case(
        "without-code", "A page with nothing", "An empty page has nothing to verify.", make_page(), nothing, **unknown
    )
    mismatch = "invalid page claim_mismatch"
    reason = "The certificate that is attached is Mia's, and the code on the page is of Noa's."
    yield page.case("other-code", "A page with another's code", reason, make_page(other, document), mismatch, **certificate)
    whole = make_page(text, document)
    yield page.case("cut-off", "A page that is cut off", "The file ends early.", whole[:200], broken, **unknown)
