"""The story's end: a certificate for one volunteer, entered into the register, and a page to print with the code on it."""

import time
from contextlib import suppress
from typing import Final

from certificates.jcs import encode_jcs
from certificates.register import format_number
from cli.commands.cert_register import build_registration
from cli.demo.home import DemoHome
from cli.demo.steps import Steps
from cli.office.files import write_whole
from cli.office.issuing import Issuer
from cli.printing.facts import read_facts
from cli.printing.fonts import find_font
from cli.printing.sheet import make_sheet
from cli.printing.wording import list_texts
from cli.session import compute_now_ms
from contracts.certificates.registry import RegisterCertificate
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier, TimeMs

PATIENCE_S: Final = 10.0
_PAUSE_S: Final = 0.2


def certify_holder(home: DemoHome, steps: Steps, issuer: Issuer, volunteer: Identifier, *, has_news: bool) -> None:
    """Write the certificate and its page. A run that has brought nothing new keeps the certificate of the one before."""
    data, body = (None if has_news else _keep(home)) or _issue(home, issuer, volunteer)
    name = f"5-certificate-{format_number(body.number)[-12:]}"
    steps.carry_out(name, "certificates.register", lambda: body, home.load_officers())
    code = _fetch_code(steps, body.number)
    with suppress(
        HourledgerError
    ):  # A roster of one's own may have characters that no font has; the story goes on without a page.
        facts = read_facts(data, TimeMs(compute_now_ms()), code)
        write_whole(home.page, make_sheet(facts, data, find_font("".join(list_texts(facts)))))


def _keep(home: DemoHome) -> tuple[bytes, RegisterCertificate] | None:
    with suppress(HourledgerError, OSError):
        data = home.certificate.read_bytes()
        return data, build_registration(data, str(home.certificate))
    return None


def _issue(home: DemoHome, issuer: Issuer, volunteer: Identifier) -> tuple[bytes, RegisterCertificate]:
    data = encode_jcs(issuer.issue(volunteer, compute_now_ms()))
    write_whole(home.certificate, data)
    return data, build_registration(data, str(home.certificate))


def _fetch_code(steps: Steps, number: Identifier) -> str:
    """Return the code. The node shows what a quorum has cosigned, which may be a moment after a transaction is final."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return steps.client.get_bytes(f"/v1/certificates/{number.hex()}/code").decode()
        except HourledgerError as error:
            if error.reason not in {Reason.NOT_FOUND, Reason.NOT_FINAL} or time.monotonic() > end:
                raise
            time.sleep(_PAUSE_S)
