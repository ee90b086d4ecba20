"""Trust files on disk: one, several, or a folder of them."""

from collections.abc import Sequence
from pathlib import Path

from cli.reading import read_bounded
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.trust import MAX_TRUST_BYTES, TrustPolicy, parse_trust


def load_policies(paths: Sequence[Path]) -> tuple[TrustPolicy, ...]:
    """Return the policies in files and in all files of folders; raise `HourledgerError` that names a file of another kind."""
    files = [file for path in paths for file in _list_files(path)]
    if not files:
        shown = ", ".join(str(path) for path in paths)
        raise HourledgerError(Reason.UNREADABLE_FILE, "there is no trust file there", shown)
    return tuple(load_policy(file) for file in files)


def load_policy(file: Path) -> TrustPolicy:
    """Return the policy in one file."""
    data = read_bounded(file, MAX_TRUST_BYTES, "the trust file")
    try:
        return parse_trust(data)
    except HourledgerError as error:
        raise HourledgerError(error.reason, f"{file.name} is not a trust file: {error.detail}", str(file)) from error


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        return sorted(item for item in path.iterdir() if item.is_file() and not item.name.startswith("."))
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the folder cannot be read", str(path)) from error
