"""The commands of the tutorials are run in order, in a folder of their own, and print what the pages show.

A block ```console has commands after `$ ` and below each what it prints; `...` stands for anything, alone in a line for any
lines. A command may fail only when the next one is `echo $?`.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forking import make_forked_command

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
    if "```console" in path.read_text(encoding="utf-8")
)
SECONDS = 300

_PIECE = re.compile(r"^(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

HOURLEDGER = """#!/bin/sh
case "$1 $2" in
  "node run") set -- "$@" --port {port} ;;
  demo*|net*) ;;
  *) exec {forked} "$@" ;;
esac
PYTHONPATH={root} exec {python} -m cli "$@"
"""
MAKE = """#!/bin/sh
[ "$1" = demo ] && exec hourledger demo
"""
CURL = """#!{python}
import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[2].replace(":8551", ":{port}")).read())
"""


@dataclass(frozen=True)
class Command:
    text: str
    expected: list[str]


def read_page(name: str) -> Iterator[Command | tuple[str, str]]:
    """The commands of a page, and the files that it tells the reader to save, in order."""
    for file, language, body in _PIECE.findall((ROOT / name).read_text(encoding="utf-8")):
        if file:
            yield file, body
        elif language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, *expected = part.rstrip("\n").split("\n")
                yield Command(command, expected)


def matches(expected: list[str], shown: list[str]) -> bool:
    lines = [r"(?:.*\n)*" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in expected]
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in shown)) is not None


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_script(items: list[Command | tuple[str, str]]) -> str:
    """One shell script, so that variables, folders and background jobs last from command to command."""
    lines = ["last=0"]
    for number, item in enumerate(items):
        if isinstance(item, Command):
            lines += ["(exit $last)", f"{{ {item.text}", f"}} > out.{number} 2>&1", f"last=$?; echo $last > code.{number}"]
        else:
            lines.append(f"printf %s {shlex.quote(item[1])} > {item[0]}")
    return "\n".join([*lines, "kill $(jobs -p) 2> /dev/null; wait", ""])


@pytest.mark.functional
@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page_does_what_it_says(name: str, tmp_path: Path) -> None:
    port = find_free_port()
    programs, place = tmp_path / "bin", tmp_path / "place"
    write_program(
        programs / "hourledger",
        HOURLEDGER.format(port=port, root=ROOT, python=sys.executable, forked=shlex.join(make_forked_command())),
    )
    write_program(programs / "curl", CURL.format(port=port, python=sys.executable))
    write_program(programs / "make", MAKE)
    place.mkdir()
    (place / "docs").symlink_to(ROOT / "docs")
    items = list(read_page(name))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("HOURLEDGER_")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOURLEDGER_NODE": f"http://127.0.0.1:{port}",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(tmp_path),
    }
    # timeout ends whatever the script has started, too.
    program = ["/usr/bin/env", "timeout", str(SECONDS), "bash", "-c", make_script(items)]
    subprocess.run(program, cwd=place, env=environment, check=False, capture_output=True)
    for number, item in enumerate(items):
        if not isinstance(item, Command):
            continue
        shown = (place / f"out.{number}").read_text().splitlines()
        assert matches(item.expected, shown), f"$ {item.text}\n" + "\n".join(shown)
        following = items[number + 1] if number + 1 < len(items) else None
        if not (isinstance(following, Command) and following.text == "echo $?"):
            assert (place / f"code.{number}").read_text() == "0\n", f"$ {item.text}\n" + "\n".join(shown)


def test_there_are_tutorials() -> None:
    assert {
        "README.md",
        "docs/operator.md",
        "docs/tutorial-merchant.md",
        "docs/tutorial-officer.md",
        "docs/tutorial-verifier.md",
        "docs/tutorial-volunteer.md",
    } <= set(PAGES)


def test_messages_that_the_operator_looks_up_are_those_of_the_program() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for name in ("ledger", "node", "cli") for path in (ROOT / name).rglob("*.py")
    )
    table = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8").partition("## When something goes wrong")[2]
    messages = [
        message for row in re.findall(r"^\| ([^(].*?) \|", table, re.MULTILINE) for message in re.findall(r"`(.+?)`", row)
    ]
    assert len(messages) > 10
    for message in messages:
        for part in message.split("..."):
            assert part.strip() in source, message


@pytest.mark.parametrize(
    ("expected", "shown", "is_match"),
    [
        (["a ... c"], ["a b c"], True),
        (["a", "..."], ["a", "b", "c"], True),
        (["a"], ["a", "b"], False),
        (["a.c"], ["abc"], False),
        ([], [], True),
    ],
)
def test_how_output_is_compared(expected: list[str], shown: list[str], *, is_match: bool) -> None:
    assert matches(expected, shown) is is_match
