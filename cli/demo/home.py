"""The demo's folder. What is in it survives a kill at any moment, so that the next run goes on from there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.office.files import write_whole
from cli.office.tags import FILE_NAME, KEY_BYTES, save_registrar_key
from cli.reading import read_bounded
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.keystore import generate_key, load_key, save_key

OFFICERS: Final = ("officer-1", "officer-2")
_MAX_REFERENCE_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class DemoHome:
    """Where everything of one demo is."""

    folder: Path
    authorities: int = 1

    @property
    def network(self) -> Path:
        """The folder of the nodes, where there are several authorities."""
        return self.folder / "network"

    @property
    def node(self) -> Path:
        """The folder of the node that the story talks to: genesis, keys, store."""
        return self.folder / "node" if self.authorities == 1 else self.network / "a1"

    @property
    def office(self) -> Path:
        """The organisation's folder: record book, officers' keys, the registrar's key."""
        return self.folder / "office"

    @property
    def steps(self) -> Path:
        """Transactions of the story's steps, kept so that each is done once."""
        return self.folder / "steps"

    @property
    def certificate(self) -> Path:
        """The certificate that the story ends with."""
        return self.folder / "certificate.json"

    @property
    def page(self) -> Path:
        """The certificate as a page to print."""
        return self.folder / "certificate.pdf"

    @property
    def trust(self) -> Path:
        """The region's trust file."""
        return self.folder / "trust.txt"

    @property
    def node_log(self) -> Path:
        """What the node printed."""
        return self.folder / "node.log"

    def prepare(self) -> None:
        """Make the folders and the registrar's key, as far as they are missing."""
        for folder in (self.folder, self.office, self.steps, self.folder / "keys"):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise HourledgerError(Reason.UNREADABLE_FILE, "the demo's folder cannot be made", str(folder)) from error
        registrar = self.office / FILE_NAME
        if not registrar.exists():
            save_registrar_key(registrar, generate_key().seed[:KEY_BYTES])

    def load_person(self, name: str) -> SigningKey:
        """Return the key of one of the story's people, made when it is first asked for.

        Not encrypted: it belongs to nobody, and the demo asks for no passphrase.
        """
        path = self.folder / "keys" / f"{name}.pem"
        if not path.exists():
            save_key(path, generate_key(), None)
        return load_key(path, None)

    def load_officers(self) -> tuple[SigningKey, ...]:
        """Return the keys of the organisation's officers."""
        return tuple(self.load_person(name) for name in OFFICERS)

    def load_authority(self) -> SigningKey:
        """Return the key of the chain's one authority."""
        return load_key(self.node / "keys" / "authority.pem", None)

    def load_holder(self) -> str | None:
        """Return the reference of the volunteer who holds a key, None before one was chosen."""
        path = self.folder / "holder.txt"
        return read_bounded(path, _MAX_REFERENCE_BYTES, "the holder's reference").decode() if path.exists() else None

    def save_holder(self, reference: str) -> None:
        """Remember the volunteer who holds a key."""
        write_whole(self.folder / "holder.txt", reference.encode())
