"""The cases of tests/vectors/verification, read as any program would read them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "verification"
NAMES: Final = sorted(path.parent.name for path in FOLDER.glob("*/case.json"))


@dataclass(frozen=True)
class VectorCase:
    name: str
    document: dict[str, Any]

    @classmethod
    def read(cls, name: str) -> "VectorCase":
        return cls(name, json.loads((FOLDER / name / "case.json").read_text(encoding="utf-8")))

    @property
    def data(self) -> bytes:
        padding = self.document.get("padding", {"byte": 0, "count": 0})
        before: bytes = bytes([padding["byte"]]) * padding["count"]
        return before + self.read_file(self.document["input"])

    @property
    def trust(self) -> list[bytes]:
        return [self.read_file(name) for name in self.document["trust"]]

    @property
    def status(self) -> bytes | None:
        return self.read_file(self.document["status"]) if "status" in self.document else None

    @property
    def answer(self) -> tuple[Any, ...]:
        return tuple(self.document[name] for name in ("kind", "verdict", "check", "refusal"))

    def read_file(self, name: str) -> bytes:
        return (FOLDER / self.name / name).read_bytes()
