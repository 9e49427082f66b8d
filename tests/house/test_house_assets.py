"""What is shipped of others is exactly what its list says, and a screen fetches nothing from outside."""

from __future__ import annotations

import hashlib
import re
import tomllib

from tests.house.sources import ROOT, name_of

STATIC = ROOT / "station" / "web" / "static"
VENDOR = STATIC / "vendor"
SCREENS = ROOT / "templates" / "screens"


def test_every_vendored_file_is_the_one_that_its_list_names() -> None:
    manifest = tomllib.loads((VENDOR / "manifest.toml").read_text(encoding="utf-8"))
    there = {path.name for path in VENDOR.iterdir()} - {"manifest.toml"}
    assert {name for name in there if not name.startswith("LICENSE")} == set(manifest)
    for name, entry in manifest.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert entry["package"], name
        assert entry["licence"], name


def test_every_file_that_a_screen_names_is_shipped() -> None:
    named = {
        name
        for page in SCREENS.glob("*.html")
        for name in re.findall(r'(?:src|href)="/static/([^"{]+)"', page.read_text())
    }
    assert named
    assert not [name for name in named if not (STATIC / name).is_file()]


def test_no_screen_fetches_anything_from_outside() -> None:
    wrong = []
    own = [path for path in STATIC.iterdir() if path.is_file()]
    for path in [*SCREENS.glob("*.html"), *own]:
        # The name of SVG's own language looks like an address and is none.
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        wrong += [
            f"{name_of(path)}: {found}" for found in re.findall(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}""", text)
        ]
    assert not wrong, "\n".join(wrong)


def test_no_screen_holds_script_or_style_of_its_own() -> None:
    """The content security policy would refuse it, so it would silently not work."""
    inside = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    wrong = [name_of(page) for page in SCREENS.glob("*.html") if inside.search(page.read_text(encoding="utf-8"))]
    assert not wrong, "\n".join(wrong)
