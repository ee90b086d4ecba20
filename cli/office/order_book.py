"""What an office knows of its orders and the ledger does not: what is needed, and how to reach the person who needs it.

A file of its own beside the record book, so that contacts are destroyed as soon as an order has ended. The ledger has the
commitment; token and code follow from the record book's secret.
"""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

from certificates.details import Opening, encode_details
from certificates.jcs import parse_json_object
from cli.office.database import Database
from ledger.types import Identifier

FILE_NAME: Final = "order-book.sqlite"
VERSION: Final = 1
_SCHEMA: Final = "CREATE TABLE orders (number BLOB PRIMARY KEY, salt BLOB NOT NULL, details BLOB NOT NULL) STRICT"


class OrderBook:
    """An open order book."""

    __slots__ = ("_database",)

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / FILE_NAME, _SCHEMA, VERSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        self._database.close()

    def keep(self, order: Identifier, opening: Opening) -> None:
        """Keep what opens an order's commitment."""
        values = (order, opening.salt, encode_details(opening.details))
        self._database.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", values)

    def find(self, order: Identifier) -> Opening | None:
        """Return what opens an order's commitment, None where it was destroyed or never here."""
        rows = self._database.execute("SELECT salt, details FROM orders WHERE number = ?", (order,))
        return Opening(bytes(rows[0][0]), parse_json_object(rows[0][1])) if rows else None

    def destroy(self, order: Identifier) -> None:
        """Destroy need and contact. There is no way back."""
        self._database.execute("DELETE FROM orders WHERE number = ?", (order,))
        self._database.erase_traces()
