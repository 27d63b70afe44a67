"""What the browser build would have left, small and made here: these tests are about how it is served."""

from __future__ import annotations

import json
from pathlib import Path

LOADER = "/* the loader */ void 0;\n" + "// " + "x" * 400
WIDGET, STYLE, TEXTS = "widget-0A1B.js", "widget-2C3D.css", "en-4E5F.js"


def a_build(folder: Path, *, loader: str = LOADER) -> Path:
    """A build in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "loader.js").write_text(loader)
    (folder / WIDGET).write_text("export {};\n" + "// " + "y" * 400)
    (folder / STYLE).write_text("body{margin:0}\n" + "/*" + "z" * 400 + "*/")
    (folder / TEXTS).write_text("export const en = {};\n")
    manifest = {"loader": "loader.js", "widget": WIDGET, "style": STYLE, "parts": [TEXTS]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
