"""The demo's site: its pages may embed the counter, and its host vouches for whoever the demo says it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from desk import secrets as installation_secrets
from desk.settings.values import Settings
from identity.sites.operations import put_site
from storage.database import Database

SITE_KEY = "demo"
KEY_ID = "demo"


def seed(database: Database, settings: Settings) -> None:
    """Bring the demo site to this state; done at every start, it changes nothing the second time."""
    database.write(
        put_site,
        SITE_KEY,
        name=settings.organisation,
        origins=origins(settings),
        host_keys=[host_key(settings)],
        is_identity_required=False,
        now=datetime.now(UTC),
    )


def origins(settings: Settings) -> list[str]:
    """The demo's intranet, and the desk's own addresses: the public one, and how this machine reaches it."""
    return [settings.demo_url, *settings.own_origins]


def host_key(settings: Settings) -> dict[str, Any]:
    """What the demo's host signs identities with."""
    key = installation_secrets.read(settings.secrets_folder).demo_host_key
    return {"kid": KEY_ID, "alg": "HS256", "key": key}
