"""When a ticket may be given to somebody, passed to another group, taken up a tier and back. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from identity.agents.logic import agent_id_of
from ticketing.groups.logic import Ladder, Place, next_place, place_at
from ticketing.tickets.logic import OPEN, EntryKind, Status, SupportTier


@dataclass(frozen=True)
class Origin:
    """Where an escalated ticket came from, and who escalated it."""

    place: Place
    assignee: str | None
    escalated_by: str


STEPS = frozenset({EntryKind.ESCALATED, EntryKind.ESCALATION_DECLINED, EntryKind.TRANSFERRED})
"""What moves a ticket between groups and tiers."""


def why_not_assign(
    status: Status, *, is_active: bool, member_tier: SupportTier | None, tier: SupportTier, has_it: bool
) -> str | None:
    """Why a ticket cannot be given to an agent, or None if it can.

    Args:
        member_tier: the agent's tier in the ticket's group; None for somebody who is not in it.
        tier: the ticket's; somebody of a higher one may take it, somebody of a lower one may not.
    """
    if status not in OPEN:
        return f"it is {status.words}"
    if not is_active:
        return "this agent is not active any more"
    if member_tier is None:
        return "this agent is not in its group; pass it to another group, or add the agent to this one"
    if member_tier.value < tier.value:
        return f"it is at {tier.value}, and this agent works at {member_tier.value}"
    return "this agent has it already" if has_it else None


def why_not_unassign(status: Status, *, assignee: str | None) -> str | None:
    """Why a ticket cannot be taken from whoever has it, or None if it can."""
    if status not in OPEN:
        return f"it is {status.words}"
    return None if assignee else "nobody has it"


def why_not_transfer(status: Status, *, before: Place, to: Place, reason: str | None) -> str | None:
    """Why a ticket cannot be passed to another group, or None if it can."""
    if status not in OPEN:
        return f"it is {status.words}"
    if before == to:
        return f"it is in {to.group} at {to.tier.value} already"
    return None if reason and reason.strip() else "say why"


def why_not_escalate(
    status: Status,
    *,
    to: Place | None,
    tier: SupportTier,
    reason: str | None,
    wanted: SupportTier | None = None,
) -> str | None:
    """Why a ticket cannot go up, or None if it can.

    Args:
        to: where it would go; None where there is nothing above its tier, or not the wanted one.
    """
    if status not in OPEN:
        return f"it is {status.words}"
    if to is None:
        return f"there is {f'no {wanted.value}' if wanted else 'nothing'} above {tier.value} for its group"
    return None if reason and reason.strip() else "say why"


def why_not_decline(status: Status, *, origin: Origin | None, reason: str | None) -> str | None:
    """Why an escalation cannot be sent back, or None if it can."""
    if status not in OPEN:
        return f"it is {status.words}"
    if origin is None:
        return "it has not been escalated, or was passed on since"
    return None if reason and reason.strip() else "say why"


def destination(
    tier: SupportTier, own: Ladder, beyond: Ladder | None, wanted: SupportTier | None
) -> Place | None:
    """Where an escalation leads: to the wanted tier, or to the next one."""
    return place_at(wanted, tier, own, beyond) if wanted else next_place(tier, own, beyond)


def status_with(status: Status, assignee: str | None) -> Status:
    """The status of an open ticket that changes hands: on hold it stays."""
    if status is Status.ON_HOLD:
        return status
    return Status.ASSIGNED if assignee else Status.NEW


def origin_of(steps: Iterable[tuple[EntryKind, str, dict[str, Any]]]) -> Origin | None:
    """Where the last escalation that nobody declined came from; None if there is none.

    Args:
        steps: kind, actor and data of the entries that moved the ticket, in order.
    """
    open_: list[Origin] = []
    for kind, actor, data in steps:
        if kind is EntryKind.ESCALATED:
            place = Place(data["from_group"], SupportTier(data["from_tier"]))
            open_.append(Origin(place, data["from_assignee"], actor))
        elif kind is EntryKind.TRANSFERRED:
            # Whoever passes it to another team has taken the escalation on.
            open_.clear()
        elif open_:
            open_.pop()
    return open_[-1] if open_ else None


def was_put_back(steps: Iterable[tuple[EntryKind, str, dict[str, Any]]]) -> bool:
    """Whether somebody of the team has taken a ticket from whoever had it, and it lies where it lay then.

    Args:
        steps: kind, actor and what became different, of the entries of a ticket, the last one first.
    """
    for kind, actor, after in steps:
        if kind in STEPS or kind in (EntryKind.OPENED, EntryKind.REOPENED):
            return False
        if "assignee" in after and after["assignee"] is None:
            return agent_id_of(actor) is not None
    return False
