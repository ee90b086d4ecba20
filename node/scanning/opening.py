"""Files as people have them, opened: a picture or PDF file is scanned, anything else is what it is."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from certificates.artefacts import recognise
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from node.scanning.formats import MAX_FILE_BYTES, Found, find_foreign_picture, is_scannable, parse_found

MAX_WALL_S: Final = 40
_KEPT: Final = ("LD_LIBRARY_PATH",)
_COMMAND: Final = (sys.executable, "-m", "node.scanning.worker")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file has to be verified: an artefact, whether it was attached to a page, and then the code on the page."""

    artefact: bytes
    is_attached: bool = False
    page_code: bytes | None = None


def open_file(data: bytes) -> Opened:
    """Return what is in a file; raise `HourledgerError` where it has nothing, or more than one thing, that can be verified."""
    if not is_scannable(data):
        return Opened(data)
    _require_readable(data)
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and no shell
            _COMMAND, input=data, capture_output=True, check=False, timeout=MAX_WALL_S, env=_make_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise _make_too_slow() from error
    return _choose(_read_answer(done.stdout, done.returncode))


async def open_file_aside(data: bytes) -> Opened:
    """Do the same as `open_file` while other requests go on."""
    if not is_scannable(data):
        return Opened(data)
    _require_readable(data)
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_make_environment(),
    )
    try:
        async with asyncio.timeout(MAX_WALL_S):
            answer, _ = await process.communicate(data)
    except TimeoutError as error:
        raise _make_too_slow() from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _choose(_read_answer(answer, process.returncode))


def _require_readable(data: bytes) -> None:
    foreign = find_foreign_picture(data)
    if foreign is not None:
        raise HourledgerError(Reason.NO_CODE, f"a picture of the kind {foreign} is not read; save it as PNG or JPEG")
    if len(data) > MAX_FILE_BYTES:
        raise CodecError(f"a picture or PDF file of more than {MAX_FILE_BYTES} bytes is not scanned", Reason.TOO_LARGE)


def _make_environment() -> dict[str, str]:
    """Return the environment of the process that scans: where modules and libraries are, and nothing else."""
    modules = {"PYTHONPATH": os.pathsep.join(item or os.curdir for item in sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    return modules | {name: os.environ[name] for name in _KEPT if name in os.environ}


def _read_answer(answer: bytes, code: int | None) -> Found:
    if code != 0:  # Ended by its limits, or by a fault of a library: nothing else came to harm.
        raise CodecError("it takes too much to be scanned, or is damaged", Reason.TOO_LARGE)
    return parse_found(answer)


def _make_too_slow() -> CodecError:
    return CodecError(f"it was not scanned within {MAX_WALL_S} s", Reason.TOO_LARGE)


def _choose(found: Found) -> Opened:
    codes = [code.encode("utf-8", "replace") for code in found.codes]
    ours = [code for code in codes if recognise(code) != "unknown"]
    if found.attachments:
        return Opened(found.attachments[0], is_attached=True, page_code=ours[0] if ours else None)
    if not codes:
        raise HourledgerError(Reason.NO_CODE, "no QR code was found in it")
    if not ours:
        raise HourledgerError(Reason.NO_CODE, "it has a QR code, but none of this ledger")
    if len(ours) > 1:
        raise HourledgerError(Reason.SEVERAL_CODES, f"{len(ours)} codes are in it")
    return Opened(ours[0])
