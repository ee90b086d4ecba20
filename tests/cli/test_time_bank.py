"""The time bank by command, on a real node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.town import Town, certify, find_account, open_town

pytestmark = pytest.mark.functional


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Town]:
    with open_town(tmp_path, CommandLine(capsys)) as opened:
        yield opened


def find_records(town: Town, account: str, key: str) -> list[dict[str, str]]:
    records: list[dict[str, str]] = town("hours", "records", account, key=key).document["records"]
    return records


def test_from_saving_to_a_service_in_return(town: Town) -> None:
    mia = certify(town)
    noa = find_account(town, "V-2")
    (first, second), (served,) = find_records(town, mia, "holder"), find_records(town, noa, "first")
    organisation = first["organisation"]
    by = ("--organisation", organisation)

    tried = town("timebank", "deposit", mia, first["record"], "--dry-run", key="holder").document
    assert tried["dry_run"]
    town("timebank", "deposit", mia, first["record"], key="holder")
    town("timebank", "deposit", mia, second["record"], *by, "--date", second["day"], key="holder")
    again = town("timebank", "deposit", mia, first["record"], key="holder", good=False)
    assert again.document["error"]["reason"] == "already_saved"
    assert town("timebank", "show", mia, key="holder").document["minutes"] == 300
    town("timebank", "show", mia, key="first", good=False)

    # Noa has no key: those who enrolled her sign for her.
    late = town("timebank", "appoint", organisation, "--as", "registrar", key="first", good=False)
    assert late.document["error"]["reason"] == "not_permitted"
    town("timebank", "appoint", organisation, "--as", "registrar", key="authority")
    town("timebank", "appoint", organisation, "--as", "pool_keeper", key="authority")
    relative = ("--relative-of", mia, "--kin", "relative", "--seen", "household register")
    assert town("timebank", "attest", noa, *by, "--relative-of", mia, "--seen", "x", key="first", good=False).code == 2
    kept = town("timebank", "attest", noa, *by, *relative, key="first second").document
    assert kept["details"] == {"explanation": "household register"}
    town("timebank", "give", mia, "--to", noa, "--minutes", 30, key="holder")
    town("timebank", "donate", mia, "--minutes", 20, key="holder")
    assert town("timebank", "pool").document == {"pool_minutes": 20, "issuer_minutes": -300}
    issue = ("timebank", "issue", mia, *by, "--minutes", 10, "--grounds", "lives alone")
    assert town(*issue, key="first second authority", good=False).document["error"]["reason"] == "not_attested"
    town("timebank", "attest", mia, "--seen", "identity card", key="authority")
    town(*issue, key="first second authority")

    service = (*by, "--server", noa, "--record", served["record"], "--date", served["day"])
    town("timebank", "redeem", mia, "--minutes", 60, *service, key="holder first")
    assert town("timebank", "show", mia, key="holder").document["minutes"] == 200
    paid = town("timebank", "redeem", mia, "--minutes", 60, *service, key="holder first", good=False)
    assert paid.document["error"]["reason"] == "already_redeemed"

    town("timebank", "withdraw-attestation", noa, *by, "--relative-of", mia, key="second")
    town("timebank", "withdraw-attestation", mia, key="authority")
    town("timebank", "appoint", organisation, "--as", "registrar", "--end", key="authority")
    new = ("activity", "publish", "G-1", "--name", "Company day", "--first-day", "2026-05-01")
    activity = town.at_office(*new, key="first").document["activity"]
    town("timebank", "declare-group", activity, *by, key="first")
    shop = ("merchant", "register", "--name", "Tea", "--public-key", town.make_key("shop"))
    merchant = town(*shop, key="authority").document["merchant"]
    terms = ("--merchant", merchant, "--title", "Tea", "--points", 1, "--last-day", "2099-12-31")
    offer = town("exchange", "offer", *terms, key="shop").document["offer"]
    buy = ("timebank", "buy", mia, "--merchant", merchant, "--offer", offer)
    refused = town(*buy, key="holder shop", good=False)
    assert refused.document["error"]["reason"] == "time_not_offered"
