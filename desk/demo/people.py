"""Who one can be in the demo: three people whose names say that they are examples. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.client.identity import host_identity
from desk.demo.site import SITE_KEY


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to sign in as; `id` stands in the cookie."""

    id: str
    name: str
    email: str
    language: str

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split())


PEOPLE = (
    DemoPerson("alex", "Alex Example", "alex.example@example.org", "en"),
    DemoPerson("sam", "Sam Sample", "sam.sample@example.org", "en"),
    DemoPerson("camille", "Camille Exemple", "camille.exemple@example.org", "fr"),
)


def person_called(name: str | None) -> DemoPerson | None:
    """The person with this id; None for nobody."""
    return next((person for person in PEOPLE if person.id == name), None)


def vouch_for(person: DemoPerson, key: str, now: datetime) -> str:
    """A fresh JWT, as the back end of a real intranet signs one for whoever is signed in there."""
    return host_identity(key, site=SITE_KEY, email=person.email, name=person.name, now=now)
