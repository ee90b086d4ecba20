"""Report functions, classes, methods and imports that nothing uses: `python -m tools.dead_code`.

vulture with one difference: variables are left out. A field of a dataclass is a variable to vulture, and one that only the
codec reads (by its position) would be reported; what is left of unused variables, ruff finds.
"""

import sys

from vulture.config import make_config
from vulture.core import Vulture

LEFT_OUT = {"variable", "attribute"}


def main() -> int:
    """Print one line for each finding; return 1 if there is any."""
    config = make_config([])
    vulture = Vulture(ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"])
    vulture.scavenge(config["paths"], exclude=config["exclude"])
    found = [item for item in vulture.get_unused_code(min_confidence=config["min_confidence"]) if item.typ not in LEFT_OUT]
    sys.stdout.writelines(f"{item.get_report()}\n" for item in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
