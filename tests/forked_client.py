"""Asks the process of `tests.forking` for one run of the program: `python -S -E tests/forked_client.py SOCKET ARGUMENT...`.

Ends as that run does, and passes on that it is to stop. It imports next to nothing, because that is all that it is for.
"""

import json
import os
import signal
import socket
import sys


def ask(path: str, arguments: list[str]) -> int:
    """Have the program run with this process's files, folder and environment; return its exit code."""
    request = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()  # noqa: PTH109 - no time for pathlib
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(request)
        process = int.from_bytes(connection.recv(4), "big")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda sent, _frame: os.kill(process, sent))
        answer = connection.recv(4)
    return int.from_bytes(answer, "big") if answer else os.EX_SOFTWARE


def run_anew(arguments: list[str]) -> None:
    """Be the program, started in the usual way: where the process that forks is gone."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no time for pathlib
    command = [sys.executable, "-m", "cli", *arguments]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": root})  # noqa: S606 - no shell is needed


if __name__ == "__main__":
    try:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
    except (FileNotFoundError, ConnectionRefusedError):
        run_anew(sys.argv[2:])
