"""The installation that tests of commands run on, and the database behind the desk's pages."""

from tests.desk.commands import guichet, var
from tests.desk.pages import database
from tests.lag import lag

__all__ = ["database", "guichet", "lag", "var"]
