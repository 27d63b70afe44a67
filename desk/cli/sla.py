"""`guichet sla`: what is promised, and how the promises of a ticket stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import say
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
from desk.cli.promising import (
    show as print_table,
)
from desk.cli.ticket_deeds import id_of

if TYPE_CHECKING:
    from ticketing.sla.administration import KnownLevel, LevelChanges

app = typer.Typer(help="Service levels: what is promised, and how it stands.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The level's key.")]
CalendarKey = Annotated[str | None, typer.Option("--calendar", metavar="KEY", help="When its clocks run.")]
Minutes = int | None
First = Annotated[Minutes, typer.Option(metavar="MINUTES", help="Until a person answers. 0: no promise.")]
Next = Annotated[Minutes, typer.Option(metavar="MINUTES", help="Until a person answers again.")]
Resolution = Annotated[Minutes, typer.Option(metavar="MINUTES", help="Until it is resolved.")]
PickUp = Annotated[Minutes, typer.Option(metavar="MINUTES", help="OLA: until the group begins to work.")]
Handling = Annotated[Minutes, typer.Option(metavar="MINUTES", help="OLA: until it resolves or passes it on.")]
Pauses = Annotated[
    list[str] | None,
    typer.Option(
        "--pause",
        metavar="REASON",
        help="Holds that pause it: requester, supplier, change; '': none.",
    ),
]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The service levels, in order: the first of each agreement that fits a ticket holds."""
    from ticketing.sla.administration import all_levels

    found = [_facts(each) for each in read(all_levels)]
    tell({"levels": found}, as_json, lambda: _table(found))


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """One service level."""
    from ticketing.sla.administration import level_by_key

    _tell(read(level_by_key, key), as_json)


@app.command()
def explain(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="INC-000123.")], as_json: AsJson = False
) -> None:
    """Every clock of a ticket, row by row: what counted, what did not, why, and when it is due."""
    from desk.cli.ledgers import facts_of, shown
    from ticketing.sla.queries import explain as explained

    ticket = read(lambda session: explained(session, id_of(session, number), now=clock.now()))
    if as_json:
        tell(facts_of(ticket), True, lambda: None)
        return
    for part in shown(ticket):
        if isinstance(part, str):
            say(part)
        else:
            print_table(part)


@app.command()
def add(
    key: Key,
    ola: Annotated[bool, typer.Option("--ola", help="Between teams, not to the business.")] = False,
    calendar: CalendarKey = None,
    first_response: First = None,
    next_response: Next = None,
    resolution: Resolution = None,
    pick_up: PickUp = None,
    handling: Handling = None,
    pause: Pauses = None,
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
    """A new level, such as: add vip --vip --first-response 15 --resolution 240 --position 0."""
    from ticketing.sla.administration import add_level
    from ticketing.sla.logic import Agreement

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
    targets = _targets(first_response, next_response, resolution, pick_up, handling)
    changes = _changes(calendar, targets, pause, conditions, position, None)
    _tell(write(add_level, key, Agreement.OLA if ola else Agreement.SLA, changes), as_json)


@app.command()
def change(
    key: Key,
    calendar: CalendarKey = None,
    first_response: First = None,
    next_response: Next = None,
    resolution: Resolution = None,
    pick_up: PickUp = None,
    handling: Handling = None,
    pause: Pauses = None,
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
    """Change what is named; open tickets follow, and keep their beginning and their pauses."""
    from ticketing.sla.administration import change_level

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
    targets = _targets(first_response, next_response, resolution, pick_up, handling)
    changes = _changes(calendar, targets, pause, conditions, position, active)
    _tell(write(change_level, key, changes), as_json)


@app.command()
def remove(key: Key, as_json: AsJson = False) -> None:
    """Promise it no more; what was told of it stays on file."""
    from ticketing.sla.administration import remove_level

    removed = write(remove_level, key)
    if as_json:
        _tell(removed, as_json)
    else:
        say(f"{key} is removed")


def _targets(
    first_response: Minutes, next_response: Minutes, resolution: Minutes, pick_up: Minutes, handling: Minutes
) -> dict[str, int]:
    given = {
        "first_response": first_response,
        "next_response": next_response,
        "resolution": resolution,
        "pick_up": pick_up,
        "handling": handling,
    }
    return {name: minutes for name, minutes in given.items() if minutes is not None}


def _changes(
    calendar: str | None,
    targets: dict[str, int],
    pauses: list[str] | None,
    conditions: dict[str, Any],
    position: int | None,
    is_active: bool | None,
) -> LevelChanges:
    changes: LevelChanges = {"targets": targets}
    if calendar is not None:
        changes["calendar"] = calendar
    if conditions:
        changes["conditions"] = conditions
    if pauses is not None:
        changes["pauses"] = [each for each in pauses if each]
    if position is not None:
        changes["position"] = position
    if is_active is not None:
        changes["is_active"] = is_active
    return changes


def _facts(level: KnownLevel) -> dict[str, Any]:
    return {**asdict(level), "agreement": level.agreement.value}


def _tell(level: KnownLevel, as_json: bool) -> None:
    facts = _facts(level)
    tell(facts, as_json, lambda: _table([facts]))


def _table(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("", "key", "", "for", "promised", "calendar", "paused by"),
        (
            (
                str(each["position"]) if each["is_active"] else "off",
                each["key"],
                each["agreement"].upper(),
                in_words(each["conditions"]),
                _promised(each["targets"]),
                each["calendar"],
                ", ".join(each["pauses"]) or "nothing",
            )
            for each in found
        ),
    )


def _promised(targets: dict[str, int]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {_length(minutes)}" for name, minutes in targets.items())


def _length(minutes: int) -> str:
    from datetime import timedelta

    from desk.cli.ledgers import length_in_words

    return length_in_words(timedelta(minutes=minutes))
