"""The page of a certificate: A4, Chinese and English, the certificate itself attached as `certificate.json`.

The same certificate gives the same bytes: every date in the file is the certificate's own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from fpdf import FPDF

from certificates.datetimes import parse_datetime
from cli.printing import wording
from cli.printing.codes import draw_png, make_code
from cli.printing.facts import Facts, Line
from cli.printing.fonts import Font
from cli.printing.wrapping import balance, wrap
from node.scanning.formats import ATTACHMENT_NAME

_WIDTH, _HEIGHT = 210.0, 297.0
_LEFT, _RIGHT = 22.0, 188.0
_INNER = _RIGHT - _LEFT
_FOOT, _LOW_FOOT = 206.0, 244.0
"""Where the lower part begins, with a code and without one, in millimetres from the top."""
_CODE = 72.0
"""Side of the code with the white around it."""
_BOTTOM = 274.0
"""Where a page of records ends."""
_LABEL = 46.0
_COLUMNS: Final = (24.0, 20.0, 80.0, 42.0)
_ROW = 5.4
_MOST_LINES: Final = 6
"""Of one record; the file that is attached has all of it."""
_FAMILY: Final = "page"
_POINT = 0.3528


@dataclass(frozen=True, slots=True)
class _Style:
    """How a text looks: points, colour, and how far its characters stand apart."""

    size: float
    colour: tuple[int, int, int] = (20, 20, 20)
    spacing: float = 0.0

    @property
    def line(self) -> float:
        """Height of a line in millimetres."""
        return self.size * _POINT * 1.5


_RED: Final = (128, 24, 24)
_GREY: Final = (80, 80, 80)
_RULE: Final = (205, 190, 182)
_TITLE, _SUBTITLE = _Style(32, _RED, 7), _Style(14, _RED, 0.8)
_PERSON, _TOTAL, _TOTAL_BELOW = _Style(20), _Style(26, _RED, 1), _Style(12, _RED)
_BODY, _BELOW, _SMALL = _Style(12), _Style(10, _GREY), _Style(9, _GREY)
_LABELS, _VALUES = _Style(8.5, _GREY), _Style(9.5)
_ADVICE, _ADVICE_BELOW = _Style(8.5), _Style(7.2, _GREY)


def make_sheet(facts: Facts, certificate: bytes, font: Font) -> bytes:
    """Return the PDF file of a certificate."""
    sheet = _Sheet(_open(facts, certificate, font))
    sheet.begin_page()
    y = _draw_heading(sheet, facts)
    y = _draw_service(sheet, facts, y + 6)
    y = _draw_particulars(sheet, facts, y + 5)
    foot = _FOOT if facts.code else _LOW_FOOT
    rest = _draw_lines(sheet, facts.lines, y + 3.5, foot - 3)
    _draw_foot(sheet, facts, foot)
    page = 1
    while rest:
        page += 1
        sheet.begin_page()
        sheet.centre(20, f"{wording.TITLE.zh}   {wording.NUMBER.both()} {facts.number}", _SMALL)
        sheet.centre(_BOTTOM + 4, str(page), _SMALL)
        rest = _draw_lines(sheet, rest, 30, _BOTTOM)
    return bytes(sheet.pdf.output())


def _open(facts: Facts, certificate: bytes, font: Font) -> FPDF:
    title = f"{wording.TITLE.zh} {wording.TITLE.en}"
    made = datetime.fromtimestamp(parse_datetime(f"{facts.issued}T00:00:00Z") / 1000, UTC)
    pdf = FPDF(format="A4")
    pdf.set_creation_date(made)
    pdf.set_lang("zh-CN")
    pdf.set_title(title)
    pdf.set_subject(facts.number)
    pdf.set_author(facts.organisation)
    pdf.set_creator("hourledger")
    pdf.set_auto_page_break(auto=False)
    pdf.c_margin = 0
    pdf.add_font(_FAMILY, fname=font.path, collection_font_number=font.number)
    pdf.embed_file(
        bytes=certificate,
        basename=ATTACHMENT_NAME,
        modification_date=made,
        mime_type="application/json",
        associated_file_relationship="SOURCE",
        desc=title,
        compress=True,
    )
    return pdf


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page that is being drawn, in millimetres from the upper left."""

    pdf: FPDF

    def begin_page(self) -> None:
        """Begin a page with its frame."""
        self.pdf.add_page()
        self.pdf.set_draw_color(*_RED)
        for inset, line in ((10.0, 0.8), (12.0, 0.25)):
            self.pdf.set_line_width(line)
            self.pdf.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)

    def rule(self, y: float, colour: tuple[int, int, int] = _RULE, left: float = _LEFT, right: float = _RIGHT) -> None:
        """Draw a thin line across."""
        self.pdf.set_draw_color(*colour)
        self.pdf.set_line_width(0.2)
        self.pdf.line(left, y, right, y)

    def wrap(self, text: str, width: float, style: _Style) -> list[str]:
        """Return the lines of a text in a style."""
        self._use(style)
        return wrap(text, width, self.pdf.get_string_width)

    def centre(self, y: float, text: str, style: _Style) -> float:
        """Write a text in the middle of the page, on as many lines as it takes; return where it ends."""
        self._use(style)
        for line in balance(text, _INNER, self.pdf.get_string_width):
            self.pdf.set_xy(_LEFT, y)
            self.pdf.cell(_INNER, style.line, line, align="C")
            y += style.line
        return y

    def write(self, x: float, y: float, width: float, text: str, style: _Style, most: int = 99) -> float:
        """Write a text from the left, on up to `most` lines, after which it is cut off; return where it ends."""
        lines = self.wrap(text, width, style)
        if len(lines) > most:
            lines = [*lines[: most - 1], f"{lines[most - 1][:-2]}{wording.CUT_OFF}"]
        for line in lines:
            self.pdf.set_xy(x, y)
            self.pdf.cell(width, style.line, line)
            y += style.line
        return y

    def _use(self, style: _Style) -> None:
        self.pdf.set_font(_FAMILY, size=style.size)
        self.pdf.set_text_color(*style.colour)
        self.pdf.set_char_spacing(style.spacing)


def _draw_heading(sheet: _Sheet, facts: Facts) -> float:
    y = sheet.centre(22, wording.TITLE.zh, _TITLE)
    y = sheet.centre(y, wording.TITLE.en, _SUBTITLE)
    sheet.rule(y + 2.5, _RED, _WIDTH / 2 - 32, _WIDTH / 2 + 32)
    return sheet.centre(y + 4.5, f"{wording.NUMBER.both()} {facts.number}", _SMALL)


def _draw_service(sheet: _Sheet, facts: Facts, y: float) -> float:
    person, service, total = wording.name_person(facts), wording.describe_service(facts), wording.say_total(facts)
    y = sheet.centre(y, wording.CERTIFY.both(), _BELOW)
    if facts.name:
        y = sheet.centre(y + 1, facts.name, _PERSON)
    else:
        y = sheet.centre(y + 1, person.both(), _BODY)
        y = sheet.centre(y, facts.account, _BODY)
    y = sheet.centre(y + 1, service.zh, _BODY)
    y = sheet.centre(y, service.en, _BELOW)
    y = sheet.centre(y + 2, total.zh, _TOTAL)
    return sheet.centre(y - 1, total.en, _TOTAL_BELOW)


def _draw_particulars(sheet: _Sheet, facts: Facts, y: float) -> float:
    for label, value in wording.list_particulars(facts):
        sheet.rule(y)
        sheet.write(_LEFT, y + 0.8, _LABEL, label.both(), _LABELS)
        y = sheet.write(_LEFT + _LABEL, y + 0.5, _INNER - _LABEL, value, _VALUES) + 0.7
    sheet.rule(y)
    return y


def _draw_lines(sheet: _Sheet, lines: tuple[Line, ...], y: float, bottom: float) -> tuple[Line, ...]:
    """Draw as many records as have room down to `bottom`, in the order of their days; return the others."""
    if not lines or y + 2 * _ROW > bottom:
        return lines
    y = _draw_row(sheet, y, tuple(text.both() for text in wording.COLUMNS), _LABELS)
    for position, line in enumerate(lines):
        cells = (line.date, line.hours, line.what, line.place)
        wrapped = [sheet.wrap(cell, width - 2, _VALUES) for width, cell in zip(_COLUMNS, cells, strict=True)]
        count = min(_MOST_LINES, max(len(item) for item in wrapped))
        # Room for the words that say how many more there are, unless this is the last.
        needed = count * _ROW + (_ROW if position < len(lines) - 1 else 0)
        if y + needed > bottom and (position or bottom < _BOTTOM):
            more = wording.count_more(len(lines) - position).both()
            sheet.write(_LEFT, y, _INNER, more, _LABELS)
            return lines[position:]
        y = _draw_row(sheet, y, cells, _VALUES)
    return ()


def _draw_row(sheet: _Sheet, y: float, cells: tuple[str, ...], style: _Style) -> float:
    x, end = _LEFT, y
    for width, cell in zip(_COLUMNS, cells, strict=True):
        end = max(end, sheet.write(x, y, width - 2, cell, style, _MOST_LINES))
        x += width
    sheet.rule(end + 0.3)
    return end + 0.3


def _draw_foot(sheet: _Sheet, facts: Facts, foot: float) -> None:
    sheet.rule(foot, _RED)
    x, y = _LEFT, foot + 4
    if facts.code:
        picture = BytesIO(draw_png(make_code(facts.code)))
        sheet.pdf.image(picture, _LEFT - 3, foot + 1.5, _CODE, _CODE, alt_text=wording.CODE_TITLE.both())
        x += _CODE
    for text in wording.list_advice(facts):
        y = sheet.write(x, y, _RIGHT - x, text.zh, _ADVICE)
        y = sheet.write(x, y, _RIGHT - x, text.en, _ADVICE_BELOW) + 1.8
