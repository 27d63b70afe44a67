"""The reason of an escalation that comes by time, for the agents of a group."""

from __future__ import annotations

from ticketing.escalations.logic import Rule, TriggerKind
from ticketing.sla.logic import Target

WORDS = {
    "en": {
        TriggerKind.UNASSIGNED: "Nobody has had this ticket for {minutes} business minutes.",
        TriggerKind.TARGET_USED: "{percent} % of the time for {target} are used.",
    },
    "fr": {
        TriggerKind.UNASSIGNED: "Ce ticket n’est attribué à personne depuis {minutes} minutes ouvrées.",
        TriggerKind.TARGET_USED: "{percent} % du délai pour {target} sont écoulés.",
    },
}
TARGETS = {
    "en": {
        Target.FIRST_RESPONSE: "the first response",
        Target.NEXT_RESPONSE: "the next response",
        Target.RESOLUTION: "the resolution",
    },
    "fr": {
        Target.FIRST_RESPONSE: "la première réponse",
        Target.NEXT_RESPONSE: "la réponse suivante",
        Target.RESOLUTION: "la résolution",
    },
}


def reason_of(rule: Rule, language: str | None) -> str:
    """Why the rule acts, in the language of the group; English where it has none of its own."""
    known = language if language in WORDS else "en"
    trigger = rule.trigger
    target = TARGETS[known].get(trigger.target, "")
    return WORDS[known][trigger.kind].format(minutes=trigger.minutes, percent=trigger.percent, target=target)
