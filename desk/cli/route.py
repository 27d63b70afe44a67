"""`guichet route`: the rules that decide where a request goes, and why one goes where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import route_category
from desk.cli.console import CommandFailed, say
from desk.cli.promising import AsJson, read, refuse_empty, tell, write
from desk.settings.reading import load
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.routing.administration import RuleChanges
    from ticketing.routing.explaining import Explanation

app = typer.Typer(help="Routing: which group gets a request, and who of it.")
app.add_typer(route_category.app, name="category")

Many = list[str] | None
Key = Annotated[str, typer.Argument(metavar="KEY", help="The rule's key.")]
Categories = Annotated[
    Many, typer.Option("--category", metavar="KEY", help="A category and all below it. Repeatable.")
]
Words = Annotated[
    Many,
    typer.Option("--word", metavar="WORDS", help="A word, a phrase or 'word*' in the text. Repeatable."),
]
Sites = Annotated[Many, typer.Option("--site", metavar="KEY", help="Asked on this site. Repeatable.")]
Channels = Annotated[
    Many, typer.Option("--channel", metavar="CHANNEL", help="web, slack, teams or phone. Repeatable.")
]
Languages = Annotated[Many, typer.Option("--language", metavar="en|fr", help="Repeatable.")]
Types = Annotated[
    Many, typer.Option("--type", metavar="TYPE", help="incident or service_request. Repeatable.")
]
RequesterGroups = Annotated[
    Many, typer.Option("--requester-group", metavar="NAME", help="Asked by one of this group. Repeatable.")
]
Vip = Annotated[
    str | None, typer.Option(metavar="yes|no|any", help="Asked by a VIP, by somebody else, or by anybody.")
]
Group = Annotated[
    str | None, typer.Option(metavar="KEY", help="Who gets it; '' for the group of its category.")
]
Skills = Annotated[
    Many, typer.Option("--skill", metavar="SKILL", help="What whoever gets it must know. Repeatable.")
]
ImpactIs = Annotated[str | None, typer.Option(metavar="IMPACT", help="high, medium or low; '' for as asked.")]
UrgencyIs = Annotated[
    str | None, typer.Option(metavar="URGENCY", help="high, medium or low; '' for as asked.")
]


@app.callback(invoke_without_command=True)
def route(
    context: typer.Context,
    number: Annotated[
        str | None, typer.Option("--explain", metavar="NUMBER", help="The same as `guichet route explain`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Routing: which group gets a request, and who of it."""
    if number is not None:
        explain(number, as_json)
    elif context.invoked_subcommand is None:
        say(context.get_help())


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The rules in order. The first that fits decides; where none does, the category's group gets it."""
    from desk.cli.routes import rule_facts, rules_table
    from ticketing.routing.queries import rules

    found = rule_facts(read(rules))
    tell({"rules": found}, as_json, lambda: rules_table(found))


@app.command()
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="What is typed for it from now on.")],
    category: Categories = None,
    word: Words = None,
    site: Sites = None,
    channel: Channels = None,
    language: Languages = None,
    type_: Types = None,
    requester_group: RequesterGroups = None,
    vip: Vip = None,
    group: Group = None,
    skill: Skills = None,
    impact: ImpactIs = None,
    urgency: UrgencyIs = None,
    position: Annotated[
        int | None, typer.Option(metavar="N", help="Its place in the order, from 1; the last one otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A new rule: if all that is named is so, it decides."""
    from ticketing.routing.administration import add_rule

    conditions = _conditions(category, word, site, channel, language, type_, requester_group, vip)
    refuse_empty(conditions)
    changes: RuleChanges = {
        "conditions": conditions,
        "outcome": _outcome(group, skill, impact, urgency),
    }
    _edit(lambda session: add_rule(session, key, changes, position=position), as_json)


@app.command()
def change(
    key: Key,
    category: Categories = None,
    word: Words = None,
    site: Sites = None,
    channel: Channels = None,
    language: Languages = None,
    type_: Types = None,
    requester_group: RequesterGroups = None,
    vip: Vip = None,
    group: Group = None,
    skill: Skills = None,
    impact: ImpactIs = None,
    urgency: UrgencyIs = None,
    active: Annotated[bool | None, typer.Option("--active/--off", help="Whether it is tried.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; an empty value asks (or decides) no more."""
    from ticketing.routing.administration import change_rule

    changes: RuleChanges = {}
    if asked := _conditions(category, word, site, channel, language, type_, requester_group, vip):
        changes["conditions"] = asked
    if decided := _outcome(group, skill, impact, urgency):
        changes["outcome"] = decided
    if active is not None:
        changes["is_active"] = active
    if not changes:
        raise CommandFailed(
            "nothing is named that could change; `guichet route change --help` lists what can"
        )
    _edit(lambda session: change_rule(session, key, changes), as_json)


@app.command()
def move(
    key: Key,
    position: Annotated[int, typer.Argument(metavar="N", help="Its place in the order, from 1.")],
    as_json: AsJson = False,
) -> None:
    """Put a rule at another place in the order."""
    from ticketing.routing.administration import move_rule

    _edit(lambda session: move_rule(session, key, position), as_json)


@app.command()
def remove(key: Key, as_json: AsJson = False) -> None:
    """Take a rule away for good; `guichet route change --off` only switches it off."""
    from ticketing.routing.administration import remove_rule

    _edit(lambda session: remove_rule(session, key), as_json)


@app.command()
def explain(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="INC-000123, as it is printed.")],
    as_json: AsJson = False,
) -> None:
    """Every rule with what it misses in a ticket, and who would get it where it is. Nothing is changed."""
    from desk.cli.ticket_deeds import id_of
    from ticketing.routing.explaining import explain_ticket

    _explain(read(lambda session: explain_ticket(session, id_of(session, number))), as_json)


@app.command("try")
def try_(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What somebody might ask.")],
    site: Annotated[str, typer.Option(metavar="KEY", help="On which site.")] = "",
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="By which channel.")] = "web",
    language: Annotated[str | None, typer.Option(metavar="en|fr", help="In which language.")] = None,
    type_: Annotated[TicketType, typer.Option("--type", help="What it is.")] = TicketType.INCIDENT,
    category: Annotated[str | None, typer.Option(metavar="KEY", help="Instead of its words.")] = None,
    requester_group: Annotated[str | None, typer.Option(metavar="NAME", help="Of whom it comes.")] = None,
    is_vip: Annotated[bool, typer.Option("--vip", help="It comes from a VIP.")] = False,
    as_json: AsJson = False,
) -> None:
    """The same for a text: what would become of it if it were asked now."""
    from ticketing.routing.explaining import explain_text
    from ticketing.routing.queries import check_chosen
    from ticketing.routing.rules import Request

    request = Request(
        text=text,
        category="",
        site=site,
        channel=channel,
        language=language or load().default_language,
        type=type_,
        is_vip=is_vip,
        requester_group=requester_group,
    )

    def look(session: Session) -> Explanation:
        if category is not None:
            check_chosen(session, category)
        return explain_text(session, request, category)

    _explain(read(look), as_json)


def _edit(deed: Any, as_json: bool) -> None:
    """Run a change, and show the rules as they stand then."""
    from desk.cli.routes import rule_facts, rules_table
    from ticketing.routing.queries import rules

    def act(session: Session) -> list[dict[str, Any]]:
        deed(session)
        return rule_facts(rules(session))

    found = write(act)
    tell({"rules": found}, as_json, lambda: rules_table(found))


def _explain(why: Explanation, as_json: bool) -> None:
    from desk.cli.routes import explained, explained_in_words

    facts = explained(why)
    if as_json:
        tell(facts, as_json, lambda: None)
    else:
        explained_in_words(facts)


def _conditions(
    category: Many,
    word: Many,
    site: Many,
    channel: Many,
    language: Many,
    type_: Many,
    requester_group: Many,
    vip: str | None,
) -> dict[str, Any]:
    given = {
        "categories": category,
        "words": word,
        "sites": site,
        "channels": channel,
        "languages": language,
        "types": type_,
        "requester_groups": requester_group,
    }
    asked: dict[str, Any] = {name: _some(value) for name, value in given.items() if value is not None}
    if vip is not None:
        if vip not in VIPS:
            raise CommandFailed(f"--vip {vip}: yes, no or any")
        asked["vip"] = VIPS[vip]
    return asked


def _outcome(group: str | None, skill: Many, impact: str | None, urgency: str | None) -> dict[str, Any]:
    decided: dict[str, Any] = {}
    if group is not None:
        decided["group"] = group or None
    if skill is not None:
        decided["skills"] = _some(skill)
    for name, value, kind in (("impact", impact, Impact), ("urgency", urgency, Urgency)):
        if value is not None:
            known = [each.value for each in kind]
            if value and value not in known:
                raise CommandFailed(f"--{name} {value}: {', '.join(known)}")
            decided[name] = value or None
    return decided


def _some(values: list[str]) -> list[str]:
    return [value for value in values if value]


VIPS = {"yes": True, "no": False, "any": None}
