"""The description of the interface (OpenAPI 3.1)."""

from typing import Any


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return {}
