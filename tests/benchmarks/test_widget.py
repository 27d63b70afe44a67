"""What the widget's benchmark makes of what it saw; nothing here is timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.widget.holder import Holder
from benchmarks.widget.memory import Memory, SocketCost, memory_of
from benchmarks.widget.page import Opening, medians
from benchmarks.widget.weight import parts
from desk.web_assets import read_manifest
from tests.desk.desks import a_desk, a_free_port, eventually


def an_opening(*, answered_after: float) -> Opening:
    marks = {"load": 1_000.0, "launcher": 1_100.0, "click": 5_000.0, "message": 5_200.0, "line": 9_000.0}
    return Opening(marks | {"answer": 9_000.0 + answered_after}, requests=7, received=40_000, sent=3_000)


def test_only_what_somebody_waits_for_is_counted() -> None:
    steps = an_opening(answered_after=50).steps()

    assert steps == {"page load → button": 100, "click → first message": 200, "line → answer": 50}


def test_each_step_has_its_own_median() -> None:
    openings = [an_opening(answered_after=each) for each in (10, 900, 20)]

    assert medians(openings)["line → answer"] == 20


def test_a_socket_costs_its_share_of_what_the_process_grew() -> None:
    cost = SocketCost(10, Memory(1_000, 0), Memory(301_000, 0), [10.0, 20.0], [15.0, 30.0], 0.1)

    assert cost.bytes_each == 30_000
    assert cost.ratio(50) == pytest.approx(1.5)


def test_every_file_of_a_build_is_weighed(tmp_path: Path) -> None:
    files = {"loader.js": 300, "widget-a.js": 9_000, "widget-b.css": 800, "en-c.js": 70, "fr-d.js": 80}
    for name, size in files.items():
        (tmp_path / name).write_bytes(b"x" * size)
    names = {"loader": "loader.js", "widget": "widget-a.js", "style": "widget-b.css"}
    manifest = names | {"parts": ["en-c.js", "fr-d.js"]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    weighed = {part.name: part.raw for part in parts(read_manifest(tmp_path))}

    assert weighed == {"loader": 300, "script": 9_000, "style": 800, "en": 70, "fr": 80}


def test_the_memory_of_a_process_is_what_the_kernel_says() -> None:
    memory = memory_of("self")

    assert memory.resident >= memory.own > 0


async def test_idle_sockets_are_held_by_visitors_of_their_own(tmp_path: Path) -> None:
    port = a_free_port()
    async with a_desk(
        tmp_path, assistant="none", introduces=True, port=port, public_url=f"http://127.0.0.1:{port}"
    ) as desk:
        holder = Holder(desk.url)
        await holder.open(22)
        try:
            listened = desk.desk.switchboard._doorbells.listened
            await eventually(lambda: len(listened()) >= 22)
            assert holder.lost == 0
        finally:
            await holder.close()
