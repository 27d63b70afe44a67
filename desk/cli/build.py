"""`guichet build`: what browsers get."""

from typing import Annotated

import typer

from desk.cli.console import say
from desk.preparation.steps import TO_BUILD, TO_CHECK_WEB, Context, prepare
from desk.settings.reading import inherited, load

Packages = Annotated[
    bool, typer.Option("--packages", help="Only install what builds and checks it; build nothing.")
]


def build(packages: Packages = False) -> None:
    """Build the loader and the widget into build/web; nothing is done when nothing changed."""
    prepare(TO_CHECK_WEB if packages else TO_BUILD, Context(load(), environ=inherited(), say=say))
