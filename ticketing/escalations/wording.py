"""The reason of an escalation that comes by time, for the agents of a group."""

from __future__ import annotations

from notices.texts.catalogue import DEFAULT_LANGUAGE, say
from ticketing.escalations.logic import Rule, TriggerKind


def reason_of(rule: Rule, language: str | None) -> str:
    """Why the rule acts; in the desk's first language where none is named."""
    known = language or DEFAULT_LANGUAGE
    trigger = rule.trigger
    if trigger.kind is TriggerKind.UNASSIGNED:
        key = "escalation_unassigned_one" if trigger.minutes == 1 else "escalation_unassigned"
        return say(key, known, minutes=str(trigger.minutes)).text
    target = say(f"escalation_target_{trigger.target.value}", known).text
    return say("escalation_target_used", known, percent=str(trigger.percent), target=target).text
