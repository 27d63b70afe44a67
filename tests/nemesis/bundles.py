"""The widget with one of its protections taken out, built from its sources. The run must then fail."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from desk.preparation import web

# File, what stands there, what stands there instead. The parts of one entry are taken out together.
Change = tuple[str, str, str]
BROKEN: Mapping[str, Sequence[Change]] = {
    # A line whose connection broke before its acknowledgement is taken for sent.
    "resend": [
        (
            "chat/client/conversation.ts",
            "    this.outbox.lost();\n",
            "    if (this.outbox.flying) this.#deliveries.discard(this.outbox.flying.clientId);\n",
        )
    ],
    # Lines on their way are not kept on the device.
    "keeping": [("chat/client/keeping.ts", "    this.change({ pending });\n", "")],
    # After a reconnection the first new line is passed over, and nobody asks for it.
    "gap": [
        ("chat/client/conversation.ts", "since: last }) };", "since: last + 1 }) };"),
        ("chat/client/gaps.ts", "    return true;\n", "    return false;\n"),
    ],
}


def a_bundle_without(mutation: str, folder: Path) -> Path:
    """A folder with the scripts: `widget.js`, and its parts under their own names."""
    sources, built = folder / "web", folder / "bundle"
    shutil.copytree(web.SOURCES, sources, ignore=shutil.ignore_patterns("node_modules"))
    (sources / "node_modules").symlink_to(web.SOURCES / "node_modules")
    for name, before, after in BROKEN[mutation]:
        file = sources / name
        text = file.read_text("utf-8")
        # A protection that reads otherwise now must not be left in unseen.
        assert text.count(before) == 1, f"{name} has not exactly one {before!r}"
        file.write_text(text.replace(before, after), "utf-8")
    web.build(web.Workshop(os.environ, lambda line: None, folder / "build.log", sources, built))
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    shutil.copy(built / manifest["widget"], built / "widget.js")
    return built
