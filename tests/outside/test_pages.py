"""What all pages have in common, in a browser."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from node.web.pages import SITE, add_pages
from node.web.site import FOLDER, load_site

pytestmark = [pytest.mark.outside, pytest.mark.functional, pytest.mark.slow]
PATHS = sorted(path for path, file in load_site().files.items() if file.content_type.startswith("text/html"))


class PageServer:
    """The pages of a folder, as a node serves them, without a node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._application = web.Application()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self) -> None:
        add_pages(self._application, load_site(self.folder))
        runner = web.AppRunner(self._application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def reload(self) -> None:
        """Serve what is in the folder now, as a node of a newer version would."""
        self._application._state[SITE] = load_site(self.folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    shutil.copytree(FOLDER, tmp_path / "static")
    running = PageServer(tmp_path / "static")
    running.start()
    yield running
    running.stop()


def test_pages_keep_what_they_promise(server: PageServer, in_browser_at: Callable[..., Any]) -> None:
    def change() -> None:
        page = server.folder / "index.html"
        page.write_text(page.read_text().replace("</main>", "<p>a new word</p></main>"))
        server.reload()

    in_browser_at(server.url, "pages.mjs", {"change": change}, *PATHS)
