"""The databases that these tests run on."""

from tests.databases import database_url, db, postgres_tables, sqlite_template
from tests.plans import migrated

__all__ = ["database_url", "db", "migrated", "postgres_tables", "sqlite_template"]
