"""What a letter leads to: the ticket's page, and where its requester says what it thinks of a resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notices.mail.port import MailLink
from notices.outbox.operations import Parcel
from notices.texts.catalogue import say
from ticketing.tickets.places import Place, path_to


@dataclass(frozen=True, repr=False)
class LetterLinks:
    """Makes the links of a letter as it leaves; no link is better than one that leads nowhere.

    Args:
        url: where whoever reads a letter reaches the desk; None where only this machine does.
        key: signs the addresses of tickets' pages.
    """

    url: str | None
    key: str

    def of(self, parcel: Parcel) -> tuple[MailLink, ...]:
        return tuple(self._links(parcel)) if self.url else ()

    def _links(self, parcel: Parcel) -> Iterator[MailLink]:
        payload, language = parcel.payload, parcel.payload.get("language", "en")
        if place := payload.get("place"):
            path = path_to(Place(place["ticket"], place["person"]), parcel.recipient, key=self.key)
            yield MailLink(f"{self.url}{path}", say("mail_link_ticket", language).text)
        if rating := payload.get("link"):
            lead = say("rating_invitation", language).text
            yield MailLink(f"{self.url}{rating}", say("mail_link_rating", language).text, lead)


NO_LINKS = LetterLinks(None, "")
