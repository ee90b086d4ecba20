"""Structured logs: one JSON object a line. No keys, no personal data, no transaction bodies."""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER_NAME = "hourledger"
LIBRARIES = ("aiohttp", "asyncio")
"""Libraries that log by themselves, and would do so with addresses and paths."""
_logger = logging.getLogger(LOGGER_NAME)
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return _format_line(record, record.getMessage(), fields)


class _LibraryLines(logging.Formatter):
    """Says that a library met something, and of what type; its words may name who asked for what."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        return _format_line(record, "library", {"library": record.name, "error": kind.__name__ if kind else ""})


def _format_line(record: logging.LogRecord, event: str, fields: dict[str, object]) -> str:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line = {"time": time, "level": record.levelname.lower(), "event": event, **fields}
    return _ENCODER.encode(line)


def configure_logs() -> None:
    """Write log lines to standard error. Called by the composition root, once."""
    _configure(LOGGER_NAME, logging.INFO, _JsonLines())
    for name in LIBRARIES:
        _configure(name, logging.WARNING, _LibraryLines())


def _configure(name: str, level: int, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def log_event(event: str, **fields: object) -> None:
    """Write one line."""
    _logger.info(event, extra={"fields": fields})


def log_fault(event: str, error: BaseException) -> None:
    """Write one line about something that should not happen, with its traceback."""
    _logger.error(event, exc_info=error)
