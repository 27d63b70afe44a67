"""The groups that the desk comes with. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class AssignmentMethod(enum.Enum):
    """Who of a group gets a new ticket."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_WORK = "least_work"


DEFAULT_GROUP = "service-desk"

SHIPPED: Mapping[str, Mapping[str, str]] = {
    DEFAULT_GROUP: {"en": "Service desk", "fr": "Centre de services"},
    "network": {"en": "Network and telephony", "fr": "Réseau et téléphonie"},
    "workplace": {"en": "Workplace and printing", "fr": "Postes de travail et impression"},
    "security": {"en": "IT security", "fr": "Sécurité informatique"},
    "applications": {"en": "Mail and applications", "fr": "Messagerie et applications"},
}
"""Name of each group by language. The migration that makes the table holds a copy of its own."""


def name_in(names: Mapping[str, str], language: str, key: str) -> str:
    """What a group is called in a language; in another one, or by its key, if it has no name there."""
    return names.get(language) or next(iter(names.values()), key)
