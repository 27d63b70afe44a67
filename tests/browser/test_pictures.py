"""What the documentation shows of the widget."""

from __future__ import annotations

from tests.browser.pictures import CHOSEN, DOCS, every_shot


def test_the_pictures_of_the_documentation_are_of_states_that_are_there() -> None:
    assert set(CHOSEN.values()) <= set(every_shot())


def test_the_documentation_has_its_pictures() -> None:
    assert {path.stem for path in DOCS.glob("*.webp")} == set(CHOSEN)
