"""`guichet train`: the model that Rasa serves."""

from desk.cli.console import say
from desk.preparation.steps import TO_TRAIN, Context, prepare
from desk.settings.reading import inherited, load


def train() -> None:
    """Train Rasa, with the encoder and the responses it needs; nothing is done when nothing changed."""
    prepare(TO_TRAIN, Context(load(), environ=inherited(), say=say))
