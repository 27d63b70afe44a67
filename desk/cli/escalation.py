"""`guichet escalation`: what happens to tickets that have waited for too long."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed, say
from desk.cli.promising import (
    Active,
    Anybody,
    AsJson,
    Categories,
    Groups,
    Position,
    Priorities,
    RequesterGroups,
    Tiers,
    Types,
    Vip,
    a_table,
    asked,
    in_words,
    read,
    refuse_empty,
    tell,
    write,
)

if TYPE_CHECKING:
    from ticketing.escalations.administration import KnownRule, RuleChanges
    from ticketing.escalations.logic import Trigger

app = typer.Typer(help="Escalations that come by time: rules in order.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The rule's key.")]
Unassigned = Annotated[
    int | None, typer.Option(metavar="MINUTES", help="Nobody has had it for so many business minutes.")
]
Used = Annotated[int | None, typer.Option(metavar="PERCENT", help="So much of a target's time is used.")]
TargetName = Annotated[
    str, typer.Option("--target", metavar="TARGET", help="first_response, next_response or resolution.")
]
ToTier = Annotated[str | None, typer.Option(metavar="TIER", help="It goes up to L2 …; '' for nowhere.")]
TellsLead = Annotated[
    bool | None, typer.Option("--tell-lead/--no-tell-lead", help="The leads of its group are told.")
]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The rules, in order."""
    from ticketing.escalations.administration import all_rules

    found = [asdict(each) for each in read(all_rules)]
    tell({"rules": found}, as_json, lambda: _table(found))


@app.command()
def add(
    key: Key,
    unassigned: Unassigned = None,
    used: Used = None,
    target: TargetName = "resolution",
    to_tier: ToTier = None,
    tell_lead: TellsLead = None,
    priority: Priorities = None,
    type_: Types = None,
    category: Categories = None,
    group: Groups = None,
    tier: Tiers = None,
    requester_group: RequesterGroups = None,
    vip: Vip = None,
    position: Position = None,
    as_json: AsJson = False,
) -> None:
    """A new rule, such as: add slow-p3 --priority P3 --unassigned 120 --tell-lead."""
    from ticketing.escalations.administration import add_rule

    conditions = asked(
        everybody=False,
        priorities=priority,
        types=type_,
        categories=category,
        groups=group,
        tiers=tier,
        requester_groups=requester_group,
        vip=vip,
    )
    refuse_empty(conditions)
    changes = _changes(unassigned, used, target, to_tier, tell_lead, conditions, position, None)
    _tell(write(add_rule, key, changes), as_json)


@app.command()
def change(
    key: Key,
    unassigned: Unassigned = None,
    used: Used = None,
    target: TargetName = "resolution",
    to_tier: ToTier = None,
    tell_lead: TellsLead = None,
    priority: Priorities = None,
    type_: Types = None,
    category: Categories = None,
    group: Groups = None,
    tier: Tiers = None,
    requester_group: RequesterGroups = None,
    vip: Vip = None,
    everybody: Anybody = False,
    position: Position = None,
    active: Active = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; open tickets follow."""
    from ticketing.escalations.administration import change_rule

    conditions = asked(
        everybody=everybody,
        priorities=priority,
        types=type_,
        categories=category,
        groups=group,
        tiers=tier,
        requester_groups=requester_group,
        vip=vip,
    )
    changes = _changes(unassigned, used, target, to_tier, tell_lead, conditions, position, active)
    _tell(write(change_rule, key, changes), as_json)


@app.command()
def remove(key: Key, as_json: AsJson = False) -> None:
    """Let a rule act no more; what it has done stays on file."""
    from ticketing.escalations.administration import remove_rule

    removed = write(remove_rule, key)
    if as_json:
        _tell(removed, as_json)
    else:
        say(f"{key} is removed")


def _changes(
    unassigned: int | None,
    used: int | None,
    target: str,
    to_tier: str | None,
    tells_lead: bool | None,
    conditions: dict[str, Any],
    position: int | None,
    is_active: bool | None,
) -> RuleChanges:
    changes: RuleChanges = {}
    if (trigger := _trigger(unassigned, used, target)) is not None:
        changes["trigger"] = trigger
    if conditions:
        changes["conditions"] = conditions
    if deed := _deed(to_tier, tells_lead):
        changes["deed"] = deed
    if position is not None:
        changes["position"] = position
    if is_active is not None:
        changes["is_active"] = is_active
    return changes


def _trigger(unassigned: int | None, used: int | None, target: str) -> Trigger | None:
    from ticketing.escalations.logic import Trigger, TriggerKind
    from ticketing.sla.logic import Target

    if unassigned is not None and used is not None:
        raise CommandFailed("a rule waits for one thing: --unassigned or --used")
    if unassigned is not None:
        return Trigger(TriggerKind.UNASSIGNED, minutes=unassigned)
    if used is None:
        return None
    known = [each.value for each in Target]
    if target not in known:
        raise CommandFailed(f"{target!r} is no target; there are {', '.join(known)}")
    return Trigger(TriggerKind.TARGET_USED, target=Target(target), percent=used)


def _deed(to_tier: str | None, tells_lead: bool | None) -> dict[str, Any]:
    from ticketing.tickets.logic import SupportTier

    deed: dict[str, Any] = {}
    if to_tier is not None:
        if to_tier and to_tier not in [each.value for each in SupportTier]:
            raise CommandFailed(f"{to_tier!r} is no tier; there are L1 to L4")
        deed["to_tier"] = to_tier or None
    if tells_lead is not None:
        deed["tells_lead"] = tells_lead
    return deed


def _tell(rule: KnownRule, as_json: bool) -> None:
    facts = asdict(rule)
    tell(facts, as_json, lambda: _table([facts]))


def _table(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("", "key", "for", "when", "then"),
        (
            (
                str(each["position"]) if each["is_active"] else "off",
                each["key"],
                in_words(each["conditions"]),
                _when(each["trigger"]),
                _then(each["deed"]),
            )
            for each in found
        ),
    )


def _when(trigger: dict[str, Any]) -> str:
    if trigger["kind"] == "unassigned":
        return f"nobody has it for {trigger['minutes']} business minutes"
    return f"{trigger['percent']} % of the time for {trigger['target'].replace('_', ' ')} are used"


def _then(deed: dict[str, Any]) -> str:
    up = f"up to {deed['to_tier']}" if deed["to_tier"] else ""
    return ", ".join(filter(None, (up, "tell the lead" if deed["tells_lead"] else "")))
