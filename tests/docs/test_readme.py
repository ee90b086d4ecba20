"""The README's list of commands is the program's."""

import re
from pathlib import Path

from cli.main import COMMANDS

README = Path(__file__).parents[2] / "README.md"


def test_commands_are_those_of_the_program() -> None:
    section = README.read_text(encoding="utf-8").partition("\n## The commands\n")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\S+)` \| (.+) \|$", section, re.MULTILINE))
    lines = "\n".join(f"| `{name}` | {purpose} |" for name, purpose in COMMANDS.items())
    assert listed == COMMANDS, f"the table of commands in README.md is to be:\n{lines}"
