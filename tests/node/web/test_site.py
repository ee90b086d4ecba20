"""How files become what is served."""

from pathlib import Path

import pytest

from node.web.site import load_site


def make_folder(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_pages_lie_at_the_top_and_the_rest_below_static(tmp_path: Path) -> None:
    site = load_site(make_folder(tmp_path, index_html="a", card_html="b", base_css="c", lib__code_js="d", sw_js="e"))
    assert sorted(site.files) == ["/", "/card", "/static/base.css", "/static/lib/code.js", "/sw.js"]


@pytest.mark.parametrize("name", ["index_html", "base_css", "sw_js"])
def test_every_file_changes_the_version_and_so_the_worker(tmp_path: Path, name: str) -> None:
    texts = {"index_html": "a", "base_css": "b", "sw_js": "c"}
    before = load_site(make_folder(tmp_path, **texts))
    after = load_site(make_folder(tmp_path, **(texts | {name: "changed"})))
    assert before.version != after.version
    assert before.files["/sw.js"].tag != after.files["/sw.js"].tag
    assert after == load_site(tmp_path)


def test_file_of_an_unknown_type_is_not_served_as_something_else(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        load_site(make_folder(tmp_path, notes_exe="a"))
