"""The only file of this package that opens files: it reads a template's SVG, its binding and the fonts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from station.artwork.template import CardTemplate, Fonts, check_template

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"


def load_template(name: str = "ktp-el-front", *, folder: Path | None = None, fonts: Path | None = None) -> CardTemplate:
    """`<folder>/<name>.svg` and `.toml`. `TemplateError` for what is in them, `OSError` when they cannot be read."""
    svg, toml = ((folder or TEMPLATES / "card") / f"{name}{ending}" for ending in (".svg", ".toml"))
    return check_template(
        svg.read_bytes(), toml.read_bytes(), load_fonts(fonts), svg_file=svg.name, toml_file=toml.name
    )


def load_fonts(folder: Path | None = None) -> Fonts:
    family = folder or TEMPLATES / "fonts"
    return Fonts(
        regular=(family / "LiberationSans-Regular.ttf").read_bytes(),
        bold=(family / "LiberationSans-Bold.ttf").read_bytes(),
    )
