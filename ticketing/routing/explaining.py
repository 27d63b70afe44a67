"""Why a request goes where it goes, and who would get it: the same rules, run without doing anything."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from identity.agents.queries import find_agent
from identity.people.models import Person
from ticketing.conversations.models import Conversation
from ticketing.groups.logic import AssignmentMethod, Place, choose, why_not_take
from ticketing.groups.operations import group_for
from ticketing.groups.queries import KnownMember, known_group, members_of
from ticketing.routing.logic import Categories, category_of, group_of
from ticketing.routing.queries import categories, rules
from ticketing.routing.rules import Decision, Judged, Request, decide, judge
from ticketing.tickets.assigning import routing_of, skills_asked
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import Status, ticket_number
from ticketing.tickets.models import Ticket


@dataclass(frozen=True)
class Considered:
    """A member of the group, and why it would not get the ticket; None for those who could."""

    member: KnownMember
    why_not: str | None


@dataclass(frozen=True)
class Candidacy:
    """Who would get a ticket at a place now."""

    place: Place
    method: AssignmentMethod
    skills: tuple[str, ...]
    members: tuple[Considered, ...]
    chosen: KnownMember | None


@dataclass(frozen=True)
class Lies:
    """Where a ticket is, and which rule sent it when it was opened (None: its category did)."""

    number: str
    status: Status
    place: Place
    assignee: str | None
    assignee_key: str | None
    rule: str | None


@dataclass(frozen=True)
class Explanation:
    """What the rules say of a request now.

    Args:
        category_group: the group of its category, or of one above it; None where none has one.
        ticket: of a ticket that there is.
        candidacy: for where that ticket is now; without one, for where the request would go.
    """

    request: Request
    rules: tuple[Judged, ...]
    decision: Decision
    category_group: str | None
    ticket: Lies | None
    candidacy: Candidacy


def explain_ticket(session: Session, ticket_id: int) -> Explanation:
    """What the rules would do with a ticket if it were opened now, and who would get it where it is.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise TicketNotFound
    requester = session.get_one(Person, ticket.requester_id)
    # Who phoned was on no site.
    conversation = session.get(Conversation, ticket.conversation_id) if ticket.conversation_id else None
    request = Request(
        text=f"{ticket.description}\n{ticket.details or ''}",
        category=ticket.category,
        site=conversation.site_key if conversation else "",
        channel=ticket.channel,
        language=ticket.language,
        type=ticket.type,
        is_vip=requester.is_vip,
        requester_group=requester.requester_group,
    )
    place = Place(ticket.assignment_group, ticket.tier)
    routed = routing_of(session, ticket)
    agent = find_agent(session, agent_id_of(ticket.assignee))
    lies = Lies(
        number=ticket_number(ticket.type, ticket.id),
        status=ticket.status,
        place=place,
        assignee=ticket.assignee,
        assignee_key=agent.key if agent else None,
        rule=routed["rule"] if routed else None,
    )
    tree = categories(session)
    candidacy = _candidacy(session, place, tuple(skills_asked(session, ticket)))
    return _explained(session, request, tree, lies, candidacy)


def explain_text(session: Session, request: Request, category: str | None = None) -> Explanation:
    """What the rules would do with a text; its words say what it is about, unless that is given.

    Args:
        request: with any category, which is not looked at.
    """
    tree = categories(session)
    found = category or category_of(request.text, request.language, tree)
    return _explained(session, Request(**{**vars(request), "category": found}), tree, None, None)


def _explained(
    session: Session,
    request: Request,
    tree: Categories,
    ticket: Lies | None,
    candidacy: Candidacy | None,
) -> Explanation:
    every = rules(session)
    decision = decide(every, request, tree)
    if candidacy is None:
        group = known_group(group_for(session, decision.group))
        candidacy = _candidacy(session, Place(group.key, group.tiers[0]), decision.outcome.skills)
    return Explanation(
        request=request,
        rules=judge(every, request, tree),
        decision=decision,
        category_group=group_of(request.category, tree),
        ticket=ticket,
        candidacy=candidacy,
    )


def _candidacy(session: Session, place: Place, skills: tuple[str, ...]) -> Candidacy:
    method = known_group(group_for(session, place.group)).method
    members = members_of(session, place.group)
    chosen = choose([each.candidate for each in members], method, tier=place.tier, skills=skills)
    return Candidacy(
        place=place,
        method=method,
        skills=skills,
        members=tuple(Considered(each, why_not_take(each.candidate, place.tier, skills)) for each in members),
        chosen=next((each for each in members if chosen and each.agent.id == chosen.agent_id), None),
    )
