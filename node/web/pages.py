"""The pages over HTTP: each file with its type and tag, under a policy that lets it load nothing from elsewhere."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web

from node.web.site import Site, StaticFile, load_site

_SOURCES: Final = (
    "default-src 'self'",
    "connect-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob: mediastream:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
POLICY: Final = "; ".join(_SOURCES)
"""Scripts and styles come from this node alone and never stand in a page (Content Security Policy Level 3)."""
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
)
SITE: Final = web.AppKey("site", Site)


async def show_file(request: web.Request) -> web.Response:
    """Give a file, or say that the client has it already."""
    file = request.app[SITE].files.get(request.path)
    if file is None:
        raise web.HTTPNotFound
    headers = {**HEADERS, "ETag": file.tag}
    if _is_known(request, file):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.content_type
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.body, headers=headers)
    return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})


def _is_known(request: web.Request, file: StaticFile) -> bool:
    tags = request.headers.get("If-None-Match", "")
    return any(tag.strip().removeprefix("W/") == file.tag.removeprefix("W/") for tag in tags.split(","))


async def forbid_guessing(_request: web.Request, response: web.StreamResponse) -> None:
    """Have no browser take an answer of the node for a script or page: it shares its origin with the pages and their keys."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")


def add_pages(application: web.Application, site: Site | None = None) -> None:
    """Have a node's application serve the pages, too: those that come with it, unless others are given."""
    application[SITE] = site = load_site() if site is None else site
    application.on_response_prepare.append(forbid_guessing)
    for path in site.files:
        application.router.add_get(path, show_file)
