"""The calendars, levels and rules that a desk comes with; administrators make them their own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ticketing.calendars.hours import kept_hours
from ticketing.calendars.models import Calendar
from ticketing.escalations.models import EscalationRule
from ticketing.sla.logic import PAUSES, Agreement
from ticketing.sla.models import ServiceLevel
from ticketing.sla.upkeep import renew

# Key, names, hours. UTC and no holidays: where a desk is, only its administrator knows.
CALENDARS = (
    (
        "office",
        {"en": "Office hours", "fr": "Heures de bureau"},
        ["mon-fri 08:30-12:30 13:30-18:00"],
    ),
    ("always", {"en": "Day and night", "fr": "Jour et nuit"}, ["mon-sun 00:00-24:00"]),
)
# Priority, calendar, and minutes until the first response, the next ones and the resolution.
SLAS = (
    ("P1", "always", 15, 30, 240),
    ("P2", "office", 30, 60, 480),
    ("P3", "office", 120, 240, 1020),
    ("P4", "office", 240, 510, 2550),
    ("P5", "office", 510, 1020, 5100),
)
L2_PICK_UP_MINUTES = 60
UNASSIGNED_MINUTES = 30
RISK_PERCENT = 75


def ship_promises(session: Session) -> None:
    """Add what is shipped and not there; what is there stays as it is."""
    rows: list[Calendar | ServiceLevel | EscalationRule] = [*_calendars(), *_levels(), *_rules()]
    for row in rows:
        if session.get(type(row), row.key) is None:
            session.add(row)
            session.flush()
    renew(session)


def _calendars() -> list[Calendar]:
    return [
        Calendar(
            key=key,
            names=names,
            time_zone="UTC",
            hours=kept_hours(hours),
            country=None,
            subdivision=None,
            closed_days=[],
            open_days=[],
        )
        for key, names, hours in CALENDARS
    ]


def _levels() -> list[ServiceLevel]:
    found = [
        ServiceLevel(
            key=priority.lower(),
            agreement=Agreement.SLA,
            position=position,
            is_active=True,
            calendar_key=calendar,
            conditions={"priorities": [priority]},
            targets={"first_response": first, "next_response": following, "resolution": resolution},
            pauses=sorted(reason.value for reason in PAUSES[Agreement.SLA]),
        )
        for position, (priority, calendar, first, following, resolution) in enumerate(SLAS, start=1)
    ]
    pick_up = ServiceLevel(
        key="l2-pick-up",
        agreement=Agreement.OLA,
        position=len(SLAS) + 1,
        is_active=True,
        calendar_key="office",
        conditions={"tiers": ["L2"]},
        targets={"pick_up": L2_PICK_UP_MINUTES},
        pauses=sorted(reason.value for reason in PAUSES[Agreement.OLA]),
    )
    return [*found, pick_up]


def _rules() -> list[EscalationRule]:
    return [
        EscalationRule(
            key="urgent-unassigned",
            position=1,
            is_active=True,
            conditions={"priorities": ["P1", "P2"]},
            trigger={"kind": "unassigned", "minutes": UNASSIGNED_MINUTES},
            deed={"to_tier": "L2", "tells_lead": False},
        ),
        EscalationRule(
            key="resolution-at-risk",
            position=2,
            is_active=True,
            conditions={},
            trigger={"kind": "target_used", "target": "resolution", "percent": RISK_PERCENT},
            deed={"to_tier": "L2", "tells_lead": True},
        ),
    ]
