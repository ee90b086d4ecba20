"""The program for tests that run it hundreds of times: forked from a process that has imported it, instead of imported anew.

Each run is a process of its own, with the arguments, folder, environment and files that it is given, and ends as the program
does; only half a second of imports is spared. A run is killed where whoever asked for it is gone.
`python -m tests.forking SOCKET` is the process that forks.
"""

import atexit
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from cli.main import main

ROOT: Final = Path(__file__).parents[1]
CLIENT: Final = Path(__file__).with_name("forked_client.py")
START_SECONDS: Final = 60.0


def make_forked_command(*arguments: str) -> list[str]:
    """Return the command that runs the program with these arguments."""
    return [sys.executable, "-S", "-E", str(CLIENT), str(_start_server()), *arguments]


File: TypeAlias = int | IO[Any]
"""`subprocess.PIPE`, `subprocess.DEVNULL`, or a file that is open."""


class ForkedProcess:
    """A run of the program, with what tests use of `subprocess.Popen`: signals go to the process itself."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: File = subprocess.DEVNULL,
        stdout: File = subprocess.DEVNULL,
        stderr: File = subprocess.DEVNULL,
    ) -> None:
        request = json.dumps([list(arguments), str(cwd), dict(os.environ if env is None else env)]).encode()
        self.returncode: int | None = None
        its_input, self.stdin = _open_end(stdin, "w")
        its_output, self.stdout = _open_end(stdout, "r")
        its_errors, self.stderr = _open_end(stderr, "r")
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(_start_server()))
        socket.send_fds(self._connection, [len(request).to_bytes(4, "big")], [its_input, its_output, its_errors])
        for end in (its_input, its_output, its_errors):
            os.close(end)
        self._connection.sendall(request)
        self.pid = int.from_bytes(self._connection.recv(4), "big")

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended; raise `subprocess.TimeoutExpired` where that takes longer."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                code = int.from_bytes(self._connection.recv(4), "big")
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0) from error
            self._connection.close()
            self.returncode = code if code < 128 else 128 - code
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _open_end(file: File, mode: str) -> tuple[int, IO[Any] | None]:
    """Return the run's end of a file, and ours where the file is to be a pipe."""
    if file == subprocess.PIPE:
        reading, writing = os.pipe()
        its, ours = (reading, writing) if mode == "w" else (writing, reading)
        return its, os.fdopen(ours, mode)
    if file == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    return os.dup(file if isinstance(file, int) else file.fileno()), None


@cache
def _start_server() -> Path:
    """Start the process that forks, the first time; it ends with this one."""
    path = Path(tempfile.mkdtemp(prefix="forking-")) / "socket"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOURLEDGER")}
    command = [sys.executable, "-m", "tests.forking", str(path)]
    server = subprocess.Popen(command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL)
    atexit.register(_end_server, server, path.parent)
    end = time.monotonic() + START_SECONDS
    while not path.exists():
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the process that forks did not start")
        time.sleep(0.02)
    return path


def _end_server(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def serve(path: Path) -> None:
    """Fork the program for whoever asks, until this process is ended."""
    for file in (ROOT / "cli" / "commands").glob("[a-z]*.py"):
        importlib.import_module(f"cli.commands.{file.stem}")
    importlib.import_module("node.app")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path.with_suffix(".new")))
        listener.listen(64)
        path.with_suffix(".new").rename(path)
        while True:
            connection, _address = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _handle(connection)
            connection.close()


def _reap(_number: int, _frame: object) -> None:
    """Take note of all children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _handle(connection: socket.socket) -> None:
    """Run the program once in a child, say how it ended, and end."""
    head, files, _flags, _address = socket.recv_fds(connection, 4, 3)
    data = b""
    while len(data) < int.from_bytes(head, "big"):
        data += connection.recv(65_536)
    child = os.fork()
    if child == 0:
        connection.close()
        _become(files, *json.loads(data))
    connection.sendall(child.to_bytes(4, "big"))
    threading.Thread(target=_end_with, args=(connection, child), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall((code if code >= 0 else 128 - code).to_bytes(4, "big"))
    os._exit(0)


def _end_with(connection: socket.socket, child: int) -> None:
    """Kill a run once nobody waits for its end any more."""
    with suppress(OSError):
        connection.recv(1)
        os.kill(child, signal.SIGKILL)


def _become(files: list[int], arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be the program with a client's files, and end as it does."""
    code = os.EX_SOFTWARE
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["hourledger", *arguments]
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, mode, encoding="utf-8", closefd=False) for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
