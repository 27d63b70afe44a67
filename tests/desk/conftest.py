"""The installation that tests of commands run on."""

from tests.desk.commands import guichet, var

__all__ = ["guichet", "var"]
