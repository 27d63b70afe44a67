"""What `guichet route` says: one set of facts, as JSON or in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desk.cli.console import say
from desk.cli.promising import a_table, show
from ticketing.groups.logic import AssignmentMethod
from ticketing.routing.explaining import Candidacy, Explanation
from ticketing.routing.rules import Rule

Facts = dict[str, Any]

NAMES = {
    "categories": "category",
    "words": "words",
    "sites": "site",
    "channels": "channel",
    "languages": "language",
    "types": "type",
    "requester_groups": "requester's group",
}


def rule_facts(rules: Sequence[Rule]) -> list[Facts]:
    """The rules in order."""
    return [
        {
            "position": position,
            "key": rule.key,
            "active": rule.is_active,
            "conditions": rule.conditions.kept(),
            "outcome": rule.outcome.kept(),
        }
        for position, rule in enumerate(rules, start=1)
    ]


def rules_table(found: Sequence[Facts]) -> Any:
    """The rules for people."""
    return a_table(
        ("", "key", "if", "then", ""),
        (
            (
                str(each["position"]),
                each["key"],
                _asked(each["conditions"]),
                _decided(each["outcome"]),
                "" if each["active"] else "off",
            )
            for each in found
        ),
    )


def explained(why: Explanation) -> Facts:
    """Why a request goes where it goes."""
    decision, request = why.decision, why.request
    return {
        "request": {
            "category": request.category,
            "site": request.site,
            "channel": request.channel,
            "language": request.language,
            "type": request.type.value,
            "vip": request.is_vip,
            "requester_group": request.requester_group,
        },
        "rules": [
            {**facts, "matches": judged.why_not is None, "why_not": judged.why_not}
            for facts, judged in zip(rule_facts([each.rule for each in why.rules]), why.rules, strict=True)
        ],
        "category_group": why.category_group,
        "decided_by": decision.rule.key if decision.rule else None,
        "group": decision.group,
        "is_default": decision.is_default,
        "ticket": _ticket(why),
        "assignment": _assignment(why.candidacy),
    }


def explained_in_words(facts: Facts) -> None:
    """The same for people: the rules, the group, and everybody in it."""
    asked = facts["request"]
    who = "a VIP" if asked["vip"] else "no VIP"
    if asked["requester_group"]:
        who += f", {asked['requester_group']}"
    say(
        f"category {asked['category']}, {asked['type'].replace('_', ' ')}, {asked['language']}, {who}, "
        f"{asked['channel']}{', site ' + asked['site'] if asked['site'] else ''}"
    )
    if facts["rules"]:
        show(_judged_table(facts))
    else:
        say("there are no rules")
    say(_category_line(facts))
    say(f"→ {facts['group']}, {_by(facts)}")
    if facts["ticket"]:
        say(_ticket_line(facts["ticket"]))
    _say_assignment(facts["assignment"], facts["ticket"])


def _judged_table(facts: Facts) -> Any:
    return a_table(
        ("", "rule", "", "then"),
        (
            (
                str(each["position"]),
                each["key"],
                _judgement(each, facts["decided_by"]),
                _decided(each["outcome"]),
            )
            for each in facts["rules"]
        ),
    )


def _judgement(rule: Facts, decided_by: str | None) -> str:
    if rule["key"] == decided_by:
        return "fits: it decides"
    return "fits, but an earlier one decides" if rule["matches"] else f"no: {rule['why_not']}"


def _category_line(facts: Facts) -> str:
    category, group = facts["request"]["category"], facts["category_group"]
    return f"category {category} goes to {group}" if group else f"category {category} goes to no group"


def _by(facts: Facts) -> str:
    if facts["is_default"]:
        return "the default group"
    rule = next((each for each in facts["rules"] if each["key"] == facts["decided_by"]), None)
    return f"by rule {rule['key']}" if rule and rule["outcome"].get("group") else "by its category"


def _ticket(why: Explanation) -> Facts | None:
    if why.ticket is None:
        return None
    return {
        "number": why.ticket.number,
        "status": why.ticket.status.value,
        "group": why.ticket.place.group,
        "tier": why.ticket.place.tier.value,
        "assignee": why.ticket.assignee_key,
        "rule": why.ticket.rule,
    }


def _ticket_line(ticket: Facts) -> str:
    sent = f"by rule {ticket['rule']}" if ticket["rule"] else "by no rule"
    return (
        f"{ticket['number']} was sent {sent} when it was opened; it is {ticket['status'].replace('_', ' ')} "
        f"in {ticket['group']} at {ticket['tier']}, with {ticket['assignee'] or 'nobody'}"
    )


def _assignment(candidacy: Candidacy) -> Facts:
    return {
        "group": candidacy.place.group,
        "tier": candidacy.place.tier.value,
        "method": candidacy.method.value,
        "skills": list(candidacy.skills),
        "chosen": candidacy.chosen.agent.key if candidacy.chosen else None,
        "members": [
            {
                "agent": each.member.agent.key,
                "tier": each.member.tier.value,
                "skills": list(each.member.skills),
                "open_tickets": each.member.open_work,
                "last_turn": each.member.last_turn,
                "why_not": each.why_not,
            }
            for each in candidacy.members
        ],
    }


def _say_assignment(assignment: Facts, ticket: Facts | None) -> None:
    skills = f", who knows {', '.join(assignment['skills'])}" if assignment["skills"] else ""
    say(f"who of {assignment['group']} at {assignment['tier']}{skills}:")
    if assignment["members"]:
        show(_members_table(assignment))
    if assignment["method"] == AssignmentMethod.MANUAL.value:
        say("people of this group choose themselves; it waits there")
    elif assignment["chosen"] is None:
        say("nobody can take it; it waits there")
    elif ticket and ticket["assignee"]:
        say(f"it is with {ticket['assignee']}; given out now it would go to {assignment['chosen']}")
    else:
        say(f"{assignment['chosen']} would get it")


def _members_table(assignment: Facts) -> Any:
    return a_table(
        ("agent", "", "open", "last turn"),
        (
            (
                each["agent"],
                _standing(each, assignment),
                str(each["open_tickets"]),
                str(each["last_turn"] or "–"),
            )
            for each in assignment["members"]
        ),
    )


def _standing(member: Facts, assignment: Facts) -> str:
    if member["why_not"]:
        return str(member["why_not"])
    if member["agent"] == assignment["chosen"]:
        in_turn = assignment["method"] == AssignmentMethod.ROUND_ROBIN.value
        return "is next" if in_turn else "has the least work"
    return "could take it"


def _asked(conditions: Facts) -> str:
    parts = [f"{name}: {', '.join(conditions[each])}" for each, name in NAMES.items() if each in conditions]
    if "vip" in conditions:
        parts.append("a VIP" if conditions["vip"] else "no VIP")
    return "\n".join(parts) or "always"


def _decided(outcome: Facts) -> str:
    parts = [outcome["group"]] if "group" in outcome else ["its category's group"]
    if "skills" in outcome:
        parts.append(f"who knows {', '.join(outcome['skills'])}")
    parts += [f"{name} {outcome[name]}" for name in ("impact", "urgency") if name in outcome]
    return "\n".join(parts)
