"""The files of the pages, read once, and the service worker that keeps them on a phone.

A file `NAME.html` is the page `/NAME`, and `index.html` is `/`. All other files lie under `/static/`, except the service
worker, which must lie at the top to see to all pages.
"""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from ledger.crypto import sha256

FOLDER: Final = Path(__file__).parent / "static"
WORKER: Final = "/sw.js"
CONTENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }
)
_PAGE: Final = ".html"
_TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served. `tag` is its ETag; `packed` is the body in gzip."""

    path: str
    content_type: str
    body: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Site:
    """All files by their path. `version` changes with any byte of any of them."""

    version: str
    files: Mapping[str, StaticFile]


def load_site(folder: Path = FOLDER) -> Site:
    """Read the files of a folder. Raises `KeyError` for a file of a type that is not served."""
    found = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    files = [_make_file(PurePosixPath(path), body) for path, body in found.items()]
    shell = {file.path: file for file in files if file.path != WORKER}
    version = _compute_version(files)
    workers = [_complete_worker(file, version, shell) for file in files if file.path == WORKER]
    return Site(version, MappingProxyType(shell | {file.path: file for file in workers}))


def _make_file(path: PurePosixPath, body: bytes) -> StaticFile:
    return _describe(_find_url(path), CONTENT_TYPES[path.suffix], body)


def _describe(url: str, content_type: str, body: bytes) -> StaticFile:
    tag = f'W/"{sha256(body)[:_TAG_BYTES].hex()}"'  # weak: the same for both encodings of the body
    return StaticFile(url, content_type, body, gzip.compress(body, mtime=0), tag)


def _find_url(path: PurePosixPath) -> str:
    if path.suffix == _PAGE:
        return "/" if path.stem == "index" else f"/{path.stem}"
    return WORKER if f"/{path}" == WORKER else f"/static/{path}"


def _compute_version(files: list[StaticFile]) -> str:
    listed = "".join(f"{file.path} {sha256(file.body).hex()}\n" for file in files)
    return sha256(listed.encode())[:_TAG_BYTES].hex()


def _complete_worker(worker: StaticFile, version: str, shell: Mapping[str, StaticFile]) -> StaticFile:
    """Put in front of the worker what it keeps, so that a new version of any file is a new worker.

    The hashes have the browser refuse a file of another version than the rest.
    """
    hashes = {path: f"sha256-{base64.b64encode(sha256(file.body)).decode()}" for path, file in shell.items()}
    head = f"const SHELL = {json.dumps({'version': version, 'files': hashes}, indent=1)};\n"
    return _describe(worker.path, worker.content_type, head.encode() + worker.body)
