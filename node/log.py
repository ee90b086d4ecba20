"""Structured logs: one JSON object a line. No keys, no personal data, no transaction bodies."""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER_NAME = "hourledger"
_logger = logging.getLogger(LOGGER_NAME)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields.update(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def configure_logs() -> None:
    """Write log lines to standard error. Called by the composition root, once."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    _logger.handlers[:] = [handler]
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def log_event(event: str, **fields: object) -> None:
    """Write one line."""
    _logger.info(event, extra={"fields": fields})


def log_fault(event: str, error: BaseException) -> None:
    """Write one line about something that should not happen, with its traceback."""
    _logger.error(event, exc_info=error)
