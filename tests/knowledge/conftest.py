"""Databases, and small articles to search in."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.encoder.runtime import OnnxEncoder
from tests.databases import database_url, db, postgres_tables, sqlite_template

__all__ = ["database_url", "db", "postgres_tables", "sqlite_template"]


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> OnnxEncoder:
    """The product's own encoder."""
    return OnnxEncoder(encoder_folder)


@pytest.fixture(scope="session")
def multilingual(multilingual_encoder_folder: Path) -> OnnxEncoder:
    """The product's own second encoder."""
    return OnnxEncoder(multilingual_encoder_folder)
