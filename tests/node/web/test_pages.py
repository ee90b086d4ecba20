"""The pages as a browser gets them."""

import gzip
import json
import re
from html.parser import HTMLParser

import pytest

from node.web.pages import HEADERS, POLICY
from node.web.site import FOLDER, WORKER, load_site
from tests.node.running import RunningNode

SITE = load_site()
PAGES = sorted(path for path, file in SITE.files.items() if file.content_type.startswith("text/html"))


class Page(HTMLParser):
    """What a page refers to, and what it holds that the policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.forbidden: list[str] = []
        self.ids: list[str] = []
        self.texts: dict[str, int] = {"zh-Hans": 0, "en": 0}
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._tag = tag
        self.references += [value for name in ("src", "href") if (value := given.get(name)) is not None]
        self.forbidden += [name for name in given if name.startswith("on") or name == "style"]
        self.ids += [value for value in [given.get("id")] if value is not None]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        if tag != "html" and given.get("lang") in self.texts:
            self.texts[str(given["lang"])] += 1


@pytest.mark.parametrize("path", sorted(SITE.files))
def test_file_is_served_with_its_type_and_under_the_policy(node: RunningNode, path: str) -> None:
    answer = node.get(path)
    assert answer.status == 200
    assert answer.body == SITE.files[path].body
    assert answer.headers["Content-Type"] == SITE.files[path].content_type
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    packed = node.ask("GET", path, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == answer.body
    assert node.ask("HEAD", path).headers["ETag"] == answer.headers["ETag"]


def test_policy_lets_nothing_come_from_elsewhere() -> None:
    assert "default-src 'self'" in POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY


def test_what_a_client_has_is_not_sent_again(node: RunningNode) -> None:
    first = node.get("/")
    again = node.ask("GET", "/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    among_others = f'"0", {first.headers["ETag"].removeprefix("W/")}'
    assert node.ask("GET", "/", headers={"If-None-Match": among_others}).status == 304
    assert node.ask("GET", "/", headers={"If-None-Match": '"0"'}).status == 200


@pytest.mark.parametrize("path", ["/static/", "/static/../site.py", "/static/%2e%2e/site.py", "/card.html", "/sw.js/", "/Card"])
def test_nothing_else_is_served(node: RunningNode, path: str) -> None:
    answer = node.get(path)
    assert (answer.status, answer.reason) == (404, "not_found")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_other_methods_are_refused(node: RunningNode) -> None:
    answer = node.ask("POST", "/", b"x")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


@pytest.mark.parametrize("path", PAGES)
def test_page_keeps_the_policy_and_has_both_languages(path: str) -> None:
    text = SITE.files[path].body.decode()
    page = Page(text)
    assert page.forbidden == []
    assert [item for item in page.references if not item.startswith(("/", "#"))] == []
    assert [item for item in page.references if item.startswith("/static/") and item not in SITE.files] == []
    assert len(page.ids) == len(set(page.ids))
    assert {"live", "version", "main"} <= set(page.ids)
    assert page.texts["zh-Hans"] == page.texts["en"] > 0
    assert "<noscript>" in text
    assert 'name="viewport"' in text


@pytest.mark.parametrize("path", sorted(path for path in SITE.files if path.endswith(".js")))
def test_script_makes_no_page_out_of_text(path: str) -> None:
    # Texts of others come into these pages: they are set as text, and nothing is ever read as HTML or as a program.
    source = SITE.files[path].body.decode()
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)
    assert found == []


@pytest.mark.parametrize("path", sorted(path for path in SITE.files if path.endswith(".js")))
def test_script_imports_what_is_served(path: str) -> None:
    folder = path.rpartition("/")[0]
    for name in re.findall(r"""(?:from|import)\s+["']([^"']+)["']""", SITE.files[path].body.decode()):
        assert name.startswith(("./", "../", "/")), name
        parts: list[str] = [] if name.startswith("/") else folder.split("/")
        for part in name.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        assert "/".join(parts) in SITE.files, name


def test_worker_keeps_every_file_but_itself() -> None:
    body = SITE.files[WORKER].body.decode()
    shell = json.loads(body.removeprefix("const SHELL = ").partition(";\n")[0])
    assert shell["version"] == SITE.version
    assert set(shell["files"]) == set(SITE.files) - {WORKER}
    assert body.endswith((FOLDER / "sw.js").read_text())
