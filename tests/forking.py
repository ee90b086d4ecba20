"""The program for tests that run it hundreds of times: forked from a process that has imported it, instead of imported anew.

Each run is a process of its own, with the arguments, folder, environment and files that it is given, and ends as the program
does; only half a second of imports is spared. What is to be killed is started in the usual way.
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
import time
from functools import cache
from pathlib import Path
from typing import Final

from cli.main import main

ROOT: Final = Path(__file__).parents[1]
CLIENT: Final = Path(__file__).with_name("forked_client.py")
START_SECONDS: Final = 60.0


def make_forked_command(*arguments: str) -> list[str]:
    """Return the command that runs the program with these arguments."""
    return [sys.executable, "-S", "-E", str(CLIENT), str(_start_server()), *arguments]


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
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall((code if code >= 0 else 128 - code).to_bytes(4, "big"))
    os._exit(0)


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
