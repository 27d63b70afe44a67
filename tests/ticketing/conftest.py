"""The databases that these tests run on."""

from tests.databases import database_url, db, postgres_tables, sqlite_template

__all__ = ["database_url", "db", "postgres_tables", "sqlite_template"]
