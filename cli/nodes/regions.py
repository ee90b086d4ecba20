"""Numbers of regions that ship with the program, named in place of a file. What each rests on is in docs/regions.md."""

import json
from importlib import resources
from typing import Final

_FOLDER: Final = resources.files("cli").joinpath("data/regions")
REGIONS: Final = tuple(sorted(item.name.removesuffix(".json") for item in _FOLDER.iterdir() if item.name.endswith(".json")))
"""Names of the regions whose numbers ship."""


def load_region(name: str) -> dict[str, int]:
    """Return the numbers of a region that ships."""
    document: dict[str, int] = json.loads(_FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return document
