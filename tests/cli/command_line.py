"""A command line in a test: what it prints and what it ends with."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from cli.main import run


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Runs commands in this process; `options` are put behind every one."""

    capsys: pytest.CaptureFixture[str]
    options: tuple[str, ...] = ()

    def __call__(self, *arguments: object) -> Result:
        code = run([*(str(argument) for argument in arguments), *self.options])
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Result(code, captured.out, captured.err)
