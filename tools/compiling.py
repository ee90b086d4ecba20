"""Compiles the C files of ledger/c where there is a C compiler: pip runs this, through hatchling, when it installs the program.

`python -m tools.compiling` compiles it again and says what came of it. Without a compiler, or without Python's headers, the
program does the same in Python and is slower: docs/adr/0036-hashes-and-the-state-tree-in-c.md.
"""

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Final

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # Only where pip builds is it there.
    BuildHookInterface = object

SOURCES: Final = "ledger/c"
MODULE: Final = "ledger/native"
FLAGS: Final = ("-O3", "-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion")


class CompilingHook(BuildHookInterface):  # type: ignore[misc] # of a package that is not here
    """What hatchling calls before it makes a wheel, or installs the source tree as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have a wheel take the result along."""
        compiled = compile_native(Path(self.root))
        if compiled is not None and version == "standard":
            name = compiled.relative_to(self.root).as_posix()
            build_data["force_include"][name] = name
            build_data["pure_python"] = False
            build_data["infer_tag"] = True


def compile_native(root: Path) -> Path | None:
    """Compile the sources below `root` to the module; return its file, or None where that cannot be done here."""
    target = (root / MODULE).with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))
    sources = sorted(str(path) for path in (root / SOURCES).glob("*.c"))
    target.unlink(missing_ok=True)
    linker = shlex.split(str(sysconfig.get_config_var("LDSHARED") or "cc -shared"))
    position = shlex.split(str(sysconfig.get_config_var("CCSHARED") or ""))
    if "CC" in os.environ:
        linker[:1] = shlex.split(os.environ["CC"])
    include = f"-I{sysconfig.get_path('include')}"
    # Into a file of another name first: a program that runs has the old one open.
    made = target.with_suffix(".new")
    try:
        subprocess.run([*linker, *position, *FLAGS, include, *sources, "-o", str(made)], check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        made.unlink(missing_ok=True)
        return None
    return made.replace(target)


def main() -> None:
    """Compile, and say what came of it."""
    compiled = compile_native(Path(__file__).parents[1])
    if compiled is None:
        sys.exit(
            f"{SOURCES} was not compiled: install a C compiler and Python's headers (Debian: apt-get install gcc python3-dev)."
        )
    print(f"compiled {compiled.name}")  # noqa: T201


if __name__ == "__main__":
    main()
