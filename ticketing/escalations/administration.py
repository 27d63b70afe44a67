"""What administrators do with the rules of escalation; open tickets follow every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.escalations.errors import EscalationRuleRefused, EscalationRuleUnknown
from ticketing.escalations.logic import Deed, Trigger, why_not_rule
from ticketing.escalations.models import EscalationRule
from ticketing.groups.logic import why_not_key
from ticketing.sla.asking import why_not_asked
from ticketing.sla.logic import Conditions
from ticketing.sla.upkeep import renew


@dataclass(frozen=True)
class KnownRule:
    """A rule as administrators see it."""

    key: str
    position: int
    is_active: bool
    conditions: Mapping[str, Any]
    trigger: Mapping[str, Any]
    deed: Mapping[str, Any]


class RuleChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays."""

    position: int
    is_active: bool
    conditions: Mapping[str, Any]
    trigger: Trigger
    deed: Mapping[str, Any]


def all_rules(session: Session) -> tuple[KnownRule, ...]:
    """Every rule in order; those switched off too."""
    rows = session.scalars(select(EscalationRule).order_by(EscalationRule.position, EscalationRule.key))
    return tuple(_known(row) for row in rows)


def add_rule(session: Session, key: str, changes: RuleChanges) -> KnownRule:
    """A new rule, after all others unless a position says otherwise.

    Raises:
        EscalationRuleRefused: nothing is added.
    """
    if why := why_not_key(key):
        raise EscalationRuleRefused(f"{key!r}: {why}")
    if session.get(EscalationRule, key) is not None:
        raise EscalationRuleRefused(
            f"there is a rule {key!r} already; `guichet escalation change` changes it"
        )
    if "trigger" not in changes:
        raise EscalationRuleRefused("say what it waits for: --unassigned MINUTES, or --used PERCENT")
    last = session.scalar(select(func.max(EscalationRule.position))) or 0
    row = EscalationRule(
        key=key, position=last + 1, is_active=True, conditions={}, trigger={}, deed=Deed().kept()
    )
    _change(session, row, changes)
    session.add(row)
    renew(session)
    return _known(row)


def change_rule(session: Session, key: str, changes: RuleChanges) -> KnownRule:
    """Bring what is named to the new state. On a ticket it has acted on, it does not act again.

    Raises:
        EscalationRuleUnknown, EscalationRuleRefused: nothing is changed.
    """
    row = _access(session, key)
    _change(session, row, changes)
    renew(session)
    return _known(row)


def remove_rule(session: Session, key: str) -> KnownRule:
    """Let a rule act no more; what it has done stays on file.

    Raises:
        EscalationRuleUnknown: nothing is removed.
    """
    row = _access(session, key)
    known = _known(row)
    session.delete(row)
    renew(session)
    return known


def _access(session: Session, key: str) -> EscalationRule:
    row = session.get(EscalationRule, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise EscalationRuleUnknown(key)
    return row


def _change(session: Session, row: EscalationRule, changes: RuleChanges) -> None:
    if "conditions" in changes:
        conditions = Conditions.read({**row.conditions, **changes["conditions"]})
        if why := why_not_asked(session, conditions):
            raise EscalationRuleRefused(why)
        row.conditions = conditions.kept()
    trigger = changes["trigger"] if "trigger" in changes else Trigger.read(row.trigger)
    deed = Deed.read({**row.deed, **changes.get("deed", {})})
    if why := why_not_rule(trigger, deed):
        raise EscalationRuleRefused(why)
    row.trigger, row.deed = trigger.kept(), deed.kept()
    row.position = changes.get("position", row.position)
    row.is_active = changes.get("is_active", row.is_active)


def _known(row: EscalationRule) -> KnownRule:
    return KnownRule(
        key=row.key,
        position=row.position,
        is_active=row.is_active,
        conditions=dict(row.conditions),
        trigger=dict(row.trigger),
        deed=dict(row.deed),
    )
