"""The story itself: a VPN that drops, for two people, in two languages, over a long weekend in spring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.demo.story.rating import rate
from desk.demo.story.teller import Teller
from notices.mail.port import Letter
from ticketing.tickets.logic import EntryKind, Status
from ticketing.tickets.models import JournalEntry, Ticket

Scene = Callable[[Teller], Awaitable[None]]

FIRST, SECOND, PROBLEM = "INC-000001", "INC-000002", "PRB-000001"

UPDATE = "Good morning. Please update the VPN client to 5.2, and tell me whether it still drops."
NOT_YOURS = "Thank you. Then it is not your laptop; I look into the gateways."
PAS_LE_VOTRE = "Bonjour, ce n’est pas votre portable : la passerelle est en cause, je m’en occupe."
MEANWHILE = (
    "Choose the gateway “Paris 2” in the VPN client. / "
    "Choisissez la passerelle « Paris 2 » dans le client VPN."
)
RESOLVED = "The VPN keeps its connection again, on every gateway. / Le VPN ne se coupe plus."


async def set_up(teller: Teller) -> None:
    teller.scene("Before: where the office is, and who knows the VPN")
    await teller.command("calendar change office --time-zone Europe/Paris --country FR")
    await teller.command("route add vpn --word vpn --group network --skill vpn")


async def asked(teller: Teller) -> None:
    teller.scene("Alex asks in the chat; the article does not help; a ticket")
    alex = teller.callers["alex"]
    await alex.says("the vpn drops every ten minutes since this morning")
    await alex.says("open a ticket")
    await alex.presses("Only me")
    await alex.presses("No, I am stuck")
    await alex.presses("Yes, open it")
    teller.remark("The deadlines run from now; the letters are on their way:")
    await teller.mail()


async def routed(teller: Teller) -> None:
    teller.scene("Why it went to Lucie")
    await teller.command(f"route explain {FIRST}")


async def answered(teller: Teller) -> None:
    teller.forward(day=29, hour=9, minute=10)
    teller.scene("Lucie answers within the half hour: the first promise is kept")
    await teller.command(f"ticket start {FIRST} --as lucie")
    await teller.command(f'ticket reply {FIRST} "{UPDATE}" --as lucie')
    await teller.callers["alex"].hears("update the VPN client")
    await teller.mail()
    await teller.callers["alex"].says(f"add to {FIRST}: I have 5.2 already and it still drops")
    teller.forward(day=29, hour=10)
    await teller.command(f'ticket reply {FIRST} "{NOT_YOURS}" --as lucie')
    await teller.callers["alex"].hears("I look into the gateways")
    await teller.mail()


async def escalated(teller: Teller) -> None:
    teller.forward(day=30, hour=14)
    teller.scene("Three quarters of the time are gone: a warning, and the ticket goes up to L2 by itself")
    await teller.stage.until(_escalated, "the ticket was not escalated")
    await teller.callers["alex"].hears(FIRST)
    await teller.mail()
    await teller.command("ticket list --group network")


async def asked_again(teller: Teller) -> None:
    teller.forward(day=30, hour=14, minute=20)
    teller.scene("Camille asks the same, in French")
    camille = teller.callers["camille"]
    await camille.says("le vpn se coupe toutes les dix minutes, ouvrez un ticket")
    await camille.says("sur mon portable, depuis ce matin")
    await camille.presses("Moi seulement")
    await camille.presses("Difficilement")
    await camille.presses("Oui, ouvrez")
    await teller.mail()


async def workaround(teller: Teller) -> None:
    teller.forward(day=30, hour=14, minute=50)
    teller.scene("Omar of L2 sees one problem behind both, and tells both what helps meanwhile")
    await teller.command(f'ticket escalate {SECOND} --reason "As {FIRST}: it is the gateway" --as lucie')
    await teller.command(f"ticket start {FIRST} --as omar")
    await teller.command(f"ticket start {SECOND} --as omar")
    await teller.command(f'ticket reply {SECOND} "{PAS_LE_VOTRE}" --as omar')
    await teller.command(
        f'problem open "The VPN gateway drops idle tunnels" --incident {FIRST} --incident {SECOND} --as omar'
    )
    await teller.command(
        f'problem cause {PROBLEM} "Firmware 9.1 forgets tunnels after ten minutes" --as omar'
    )
    await teller.command(f'problem workaround {PROBLEM} "{MEANWHILE}" --as omar')
    await teller.callers["alex"].hears("Paris 2")
    await teller.callers["camille"].hears("Paris 2")
    await teller.mail()


async def on_hold(teller: Teller) -> None:
    teller.forward(day=30, hour=15)
    teller.scene("The maker sends new firmware after the weekend: the clock waits with the ticket")
    await teller.command(
        f'ticket hold {FIRST} supplier --reason "Firmware 9.2 is announced for Monday" --as omar'
    )
    await teller.callers["alex"].hears(FIRST)
    await teller.mail()


async def resolved(teller: Teller) -> None:
    teller.forward(month=5, day=4, hour=9, minute=30)
    teller.scene("Monday: the firmware is there; one command resolves the problem and both tickets")
    await teller.command(f"ticket start {FIRST} --as omar")
    await teller.command(
        f'problem resolve {PROBLEM} "Firmware 9.2" --resolve-incidents --text "{RESOLVED}" --as omar'
    )
    await teller.callers["alex"].hears(FIRST)
    await teller.callers["camille"].hears(SECOND)
    letters = await teller.mail()
    teller.shows(_letter_to(letters, "alex"))
    teller.forward(month=5, day=4, hour=9, minute=40)
    await rate(teller, _letter_to(letters, "alex"), 5, "Told before I asked. Thank you, Omar.")
    await rate(teller, _letter_to(letters, "camille"), 4, "")
    await teller.command("rating list")


async def closed(teller: Teller) -> None:
    teller.forward(month=5, day=13, hour=9)
    teller.scene("A week of silence: both are closed by themselves")
    await teller.stage.until(_all_closed, "the tickets were not closed")
    await teller.command(f"sla explain {FIRST}")
    await teller.command(f"ticket show {FIRST}")
    await teller.command("audit verify")


SCENES: Sequence[Scene] = (
    set_up,
    asked,
    routed,
    answered,
    escalated,
    asked_again,
    workaround,
    on_hold,
    resolved,
    closed,
)


def _letter_to(letters: Sequence[Letter], key: str) -> Letter:
    return next(letter for letter in reversed(letters) if key in letter.to)


def _escalated(session: Session) -> bool:
    escalated = select(JournalEntry.id).where(JournalEntry.kind == EntryKind.ESCALATED).limit(1)
    return session.scalar(escalated) is not None


def _all_closed(session: Session) -> bool:
    return not session.scalar(select(Ticket.id).where(Ticket.status != Status.CLOSED).limit(1))
