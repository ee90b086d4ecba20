"""Logs are JSON, a line an event, and say nothing of people."""

import json
import logging
from collections.abc import Iterator

import pytest

from node.log import LIBRARIES, LOGGER_NAME, configure_logs, log_event, log_fault


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Whatever a test does to the loggers ends with it."""
    loggers = [logging.getLogger(name) for name in (LOGGER_NAME, *LIBRARIES)]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_event_is_a_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    log_event("block", height=7, text="line\nbreak", name="名")
    (line,) = read_lines(capsys)
    assert line.pop("time")
    assert line == {"level": "info", "event": "block", "height": 7, "text": "line\nbreak", "name": "名"}


def test_fault_is_a_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    try:
        int("broken")
    except ValueError as error:
        log_fault("request failed", error)
    (line,) = read_lines(capsys)
    assert (line["level"], line["event"]) == ("error", "request failed")
    assert "ValueError: invalid literal" in str(line["traceback"])


@pytest.mark.parametrize("name", ["aiohttp.server", "aiohttp.access", "asyncio"])
def test_library_says_that_and_what_but_not_whose(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    try:
        int("GET /v1/volunteers/00ff")
    except ValueError:
        logging.getLogger(name).exception("Error handling request from %s", "192.0.2.1")
    logging.getLogger(name).info("192.0.2.1 GET /v1/volunteers/00ff")
    (line,) = read_lines(capsys)
    assert line.pop("time")
    assert line == {"level": "error", "event": "library", "library": name, "error": "ValueError"}


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    configure_logs()
    log_event("started")
    assert len(read_lines(capsys)) == 1
