"""The same job the central way: PostgreSQL with one row a record, signatures checked by the same library, synced commits.

It is given less to do than the ledger. It gets records as they go into the table, so that nothing is decoded. It does not look
whether a volunteer was elsewhere at that time, counts no points, and proves nothing to anybody.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, Skipped
from benchmarks.figures import Figure, Needs
from benchmarks.schedule import ROWS_IN_BATCH, make_key
from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.types import PublicKey, Signature

FOLDERS = Path("/usr/lib/postgresql")
USER = "postgres"
SETTINGS = (
    "-c listen_addresses= -c shared_buffers=256MB -c max_wal_size=4GB "
    "-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
)
ROW_BYTES = 110
"""Of the payload that is signed, for a record."""
TABLES = """
CREATE TABLE batches (batch bytea PRIMARY KEY, keys bytea NOT NULL, signatures bytea NOT NULL);
CREATE TABLE records (
  record bytea PRIMARY KEY, batch bytea NOT NULL, organisation bytea NOT NULL, activity bytea NOT NULL,
  volunteer bytea NOT NULL, day integer NOT NULL, start integer, minutes integer NOT NULL, commitment bytea NOT NULL
);
CREATE INDEX ON records (volunteer, day);
"""
FILL = """
INSERT INTO records SELECT substring(sha256(('r' || n)::bytea) for 16), substring(sha256(('b' || n / 500)::bytea) for 16),
  substring(sha256(('o' || n %% 4)::bytea) for 16), substring(sha256(('a' || n %% 32)::bytea) for 16),
  substring(sha256(('v' || n / 24)::bytea) for 16), 20000 + n / 10000, CASE WHEN n %% 2 = 0 THEN 480 + n %% 600 END,
  60 + n %% 180, sha256(('c' || n)::bytea) FROM generate_series(1, %s) AS n
"""
INSERT = "INSERT INTO records VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
INSERT_BATCH = "INSERT INTO batches VALUES (%s, %s, %s)"
COPY = "COPY records FROM STDIN"
SINGLE_CONNECTIONS = (1, 16)
BATCH_CONNECTIONS = (1, 4)
Row = tuple[bytes, bytes, bytes, bytes, bytes, int, int | None, int, bytes]


@dataclass(frozen=True, slots=True)
class Signed:
    """Rows with the payload that was signed for them, and the signatures."""

    batch: bytes
    rows: tuple[Row, ...]
    payload: bytes
    signatures: tuple[tuple[PublicKey, Signature], ...]


def work_centrally(bench: Bench) -> list[Figure]:
    """Start a PostgreSQL of our own, fill it, and record single records and batches."""
    programs = find_programs()
    if find_spec("psycopg") is None:
        raise Skipped("psycopg is not installed: pip install 'hourledger[bench]'")
    with running(programs, bench.folder.parent) as address:
        with connect(address) as connection:
            connection.execute(TABLES)
            connection.execute(FILL, [bench.plan.records])
            connection.execute("CHECKPOINT")
            version = connection.execute("SHOW server_version").fetchone()[0].split()[0]
        seconds = bench.plan.seconds / 2
        singles = {n: measure(address, n, seconds, record_single, make_singles) for n in SINGLE_CONNECTIONS}
        batches = {n: measure(address, n, seconds, record_batch, make_batches) for n in BATCH_CONNECTIONS}
    state = f"a table of {bench.plan.records:,} records with two indexes; PostgreSQL {version}, fsync and synchronous_commit on"
    return [
        describe("central_single", "single records/s", singles, "one record with one signature, a commit each", state, 1),
        describe(
            "central_batch",
            "records/s in batches",
            batches,
            f"{ROWS_IN_BATCH} records with two signatures, COPY and a commit",
            state,
            ROWS_IN_BATCH,
        ),
    ]


def describe(name: str, title: str, rates: dict[int, float], payload: str, state: str, rows: int) -> Figure:
    """Return the figure of the better number of connections."""
    best = max(rates, key=lambda n: rates[n])
    spelled = ", ".join(f"{rate:,.0f} with {n}" for n, rate in rates.items())
    needs = Needs(signatures=1 if rows == 1 else 2 / rows, cores=os.cpu_count() or 1)
    return Figure(
        name, f"PostgreSQL, {title}", rates[best], "records/s", f"{payload}; connections: {spelled}; {state}", None, needs
    )


def find_programs() -> Path:
    """Return the folder with the programs of the newest PostgreSQL; raise `Skipped` where there is none."""
    found = sorted(FOLDERS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise Skipped("PostgreSQL is not installed: apt-get install postgresql")
    return Path(program).parent


@contextmanager
def running(programs: Path, parent: Path) -> Iterator[str]:
    """Run a server with its data in a new folder under `parent` until the block ends; give where it listens.

    It does not run as root, so root hands the folder over to the user of Debian's package.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=parent))
    owner = USER if os.geteuid() == 0 else None
    if owner is not None:
        shutil.chown(folder, owner)

    def carry_out(*arguments: object) -> None:
        command = [str(programs / str(arguments[0])), *map(str, arguments[1:])]
        done = subprocess.run(command, user=owner, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603
        if done.returncode != 0:
            raise RuntimeError(f"{arguments[0]} failed: {done.stderr.strip()[-500:]}")

    try:
        carry_out("initdb", "-D", folder / "data", "-A", "trust", "-U", USER, "--no-instructions")
        control = ("pg_ctl", "-D", folder / "data", "-w", "-s")
        carry_out(*control, "-l", folder / "log", "-o", f"{SETTINGS} -c unix_socket_directories={folder}", "start")
        try:
            yield str(folder)
        finally:
            carry_out(*control, "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connect(address: str) -> Any:  # noqa: ANN401 - psycopg need not be installed
    """Return a connection that commits each statement that stands alone."""
    import psycopg  # noqa: PLC0415 - only this section needs it

    return psycopg.connect(f"host={address} user={USER} dbname=postgres", autocommit=True)


def make_signed(numbers: Sequence[int], keys: Sequence[SigningKey]) -> Signed:
    """Return new records, signed with all keys."""
    batch = sha256(b"new batch %d" % numbers[0])[:16]
    rows: list[Row] = []
    for number in numbers:
        name = sha256(b"new record %d" % number)
        volunteer = sha256(b"v%d" % (number // 24))[:16]
        start = None if number % 2 else 480 + number % 600
        rows.append((name[:16], batch, name[16:], name[8:24], volunteer, 20_200, start, 60 + number % 180, name))
    payload = sha256(batch) * (ROW_BYTES * len(rows) // 32)
    return Signed(batch, tuple(rows), payload, tuple((key.public_key, key.sign(Context.TRANSACTION, payload)) for key in keys))


def make_singles(numbers: Iterator[int]) -> Iterator[Signed]:
    """Yield single records of one officer without end."""
    key = make_key("officer")
    yield from (make_signed([number], [key]) for number in numbers)


def make_batches(numbers: Iterator[int]) -> Iterator[Signed]:
    """Yield batches of two officers without end."""
    keys = [make_key("officer"), make_key("other officer")]
    yield from (make_signed([next(numbers) for _ in range(ROWS_IN_BATCH)], keys) for _ in count())


def record_single(connection: Any, signed: Signed) -> None:  # noqa: ANN401
    """Check the signature and insert the record."""
    require_signatures(signed)
    connection.execute(INSERT, signed.rows[0])


def record_batch(connection: Any, signed: Signed) -> None:  # noqa: ANN401
    """Check the signatures and insert a batch with its records, all or nothing."""
    require_signatures(signed)
    with connection.transaction(), connection.cursor() as cursor:
        keys, signatures = (b"".join(parts) for parts in zip(*signed.signatures, strict=True))
        cursor.execute(INSERT_BATCH, (signed.batch, keys, signatures))
        with cursor.copy(COPY) as copy:
            for row in signed.rows:
                copy.write_row(row)


def require_signatures(signed: Signed) -> None:
    """Raise `RuntimeError` for a false signature."""
    if not all(is_signature(key, Context.TRANSACTION, signed.payload, signature) for key, signature in signed.signatures):
        raise RuntimeError("a signature of the benchmark is false")


_NUMBERS = count()


def measure(
    address: str,
    connections: int,
    seconds: float,
    record: Callable[[Any, Signed], None],
    make: Callable[[Iterator[int]], Iterator[Signed]],
) -> float:
    """Let so many connections, a thread each, record one thing after another; return records a second.

    What they record is made and signed beforehand, and between the rounds that are counted.
    """
    source = make(_NUMBERS)
    done, spent = 0, 0.0
    size = 8
    with ThreadPoolExecutor(connections) as threads, ExitStack() as stack:
        open_ = [stack.enter_context(connect(address)) for _ in range(connections)]
        while spent < seconds:
            shares = [[next(source) for _ in range(size)] for _ in open_]
            began = time.perf_counter()
            list(threads.map(partial(_record_all, record), open_, shares))
            elapsed = time.perf_counter() - began
            spent += elapsed
            done += sum(len(signed.rows) for share in shares for signed in share)
            size = size * 2 if elapsed < seconds / 8 else size
    return done / spent


def _record_all(record: Callable[[Any, Signed], None], connection: Any, share: Sequence[Signed]) -> None:  # noqa: ANN401
    for signed in share:
        record(connection, signed)
