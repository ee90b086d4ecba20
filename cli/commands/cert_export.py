"""Certificates for those who have no program: a page to print, a code, or the file itself."""

from pathlib import Path
from typing import Final

import click

from certificates.artefacts import find_number
from certificates.jcs import encode_jcs, parse_json_object
from certificates.one_code import parse_one_code
from certificates.verification import MAX_CERTIFICATE_BYTES
from cli.office.files import write_whole
from cli.options import PATH, json_option
from cli.output import Output
from cli.reading import read_bounded
from cli.session import compute_now_ms
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs

MAX_NAME_CHARACTERS: Final = 40
_MAX_CODE_FILE_BYTES: Final = 8_192


@click.command("export")
@click.argument("file", type=PATH)
@click.option("--format", "form", type=click.Choice(["pdf", "qr", "json"]), required=True, help="A page, a code, or the file.")
@click.option("--out", type=PATH, required=True, help="The file to write; for a code its name ends in .svg or .png.")
@click.option("--node", "node_url", help="Have the code made by this node, if the certificate is registered.")
@click.option("--code", "code_file", type=PATH, help="The code, as a node gave it, in a file.")
@click.option("--name", default="", help="Whose certificate it is, to be printed on the page. It is not in the ledger.")
@click.option("--font", type=PATH, help="A font file for the page, where those of the machine lack a character.")
@json_option
def export(
    *,
    file: Path,
    form: str,
    out: Path,
    node_url: str | None,
    code_file: Path | None,
    name: str,
    font: Path | None,
    is_json: bool,
) -> None:
    """Write the certificate in FILE as a page (PDF) with the file attached, as a QR code (SVG or PNG), or as it is.

    The code is made for a registered certificate. A page without one says how it is checked all the same.
    As with every command that writes a file, a folder that is missing is made, and a file that is there is replaced.
    """
    if len(name) > MAX_NAME_CHARACTERS:
        raise click.BadParameter(f"a name of more than {MAX_NAME_CHARACTERS} characters has no room", param_hint="--name")
    data = read_bounded(file, MAX_CERTIFICATE_BYTES, "the certificate")
    output = Output(is_json)
    if form == "json":
        document = parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES)
        _write(output, out, encode_jcs(document), "The certificate")
        return
    code = _find_code(data, node_url, code_file)
    if form == "pdf":
        page = _make_page(data, code or "", name, font)
        _write(output, out, page, "The page, with a code," if code else "The page, without a code,", has_code=code is not None)
        return
    if code is None:
        raise HourledgerError(Reason.USAGE, "a code is made by a node: name one with --node, or the code with --code")
    _write(output, out, _draw_code(data, code, out), "The code", has_code=True)


def _write(output: Output, out: Path, data: bytes, what: str, **more: object) -> None:
    write_whole(out, data)
    output.give({"file": str(out), **more}, f"{what} is in {out}.")


def _find_code(data: bytes, node_url: str | None, code_file: Path | None) -> str | None:
    """Return the code, or None where there is none: nobody was asked, or the certificate is not registered."""
    if code_file is not None:
        return _parse_code(read_bounded(code_file, _MAX_CODE_FILE_BYTES, "the code"))
    if node_url is None:
        return None
    from cli.office.client import NodeClient  # noqa: PLC0415 - a page without a code needs nothing of a node

    with NodeClient(node_url) as client:
        try:
            return _parse_code(client.get_bytes(f"/v1/certificates/{find_number(data).hex()}/code"))
        except HourledgerError as error:
            if error.reason is Reason.NOT_FOUND:
                return None
            raise


def _parse_code(data: bytes) -> str:
    try:
        text = data.decode("ascii").strip("\r\n")
    except UnicodeDecodeError as error:
        raise CodecError("that is not the code of a certificate") from error
    parse_one_code(text)
    return text


def _make_page(data: bytes, code: str, name: str, font: Path | None) -> bytes:
    from cli.printing.facts import read_facts  # noqa: PLC0415 - the libraries of fonts and PDF files are slow to load
    from cli.printing.fonts import find_font  # noqa: PLC0415
    from cli.printing.sheet import make_sheet  # noqa: PLC0415
    from cli.printing.wording import list_texts  # noqa: PLC0415

    facts = read_facts(data, TimeMs(compute_now_ms()), code, name)
    return make_sheet(facts, data, find_font("".join(list_texts(facts)), font))


def _draw_code(data: bytes, code: str, out: Path) -> bytes:
    from cli.printing.codes import draw_png, draw_svg, make_code  # noqa: PLC0415
    from cli.printing.facts import require_own_code  # noqa: PLC0415

    require_own_code(code, parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES))
    match out.suffix.lower():
        case ".svg":
            return draw_svg(make_code(code))
        case ".png":
            return draw_png(make_code(code))
        case _:
            raise click.BadParameter("the name of a code's picture ends in .svg or .png", param_hint="--out")
