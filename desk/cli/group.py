"""`guichet group`: the teams that hold tickets, and who belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed, counted, say
from desk.cli.promising import AsJson, a_table, give_out, read, say_given_out, tell, write
from desk.cli.promising import show as show_table
from ticketing.groups.logic import AssignmentMethod
from ticketing.tickets.logic import SupportTier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.groups.administration import GroupChanges, MemberChanges
    from ticketing.groups.queries import KnownGroup, KnownMember

app = typer.Typer(help="Groups: the teams that hold tickets.", no_args_is_help=True)
member_app = typer.Typer(help="Who belongs to a group, and at which tier.", no_args_is_help=True)
app.add_typer(member_app, name="member")

Key = Annotated[str, typer.Argument(metavar="GROUP", help="The group's key.")]
AgentKey = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's key.")]
NameEn = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in English.")]
NameFr = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in French.")]
Tiers = Annotated[
    list[SupportTier] | None,
    typer.Option(
        "--tier", metavar="L1", help="Its tiers from the first to the last. Repeatable; replaces all."
    ),
]
Method = Annotated[
    AssignmentMethod | None,
    typer.Option(help="Who gets a new ticket: people choose, in turn, or least work."),
]
EscalatesTo = Annotated[
    str | None,
    typer.Option(metavar="GROUP", help="Where tickets go that its last tier passes on; '' for nowhere."),
]
Email = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Its own mailbox; '' for the desk's (GUICHET_TEAM_EMAIL)."),
]
Language = Annotated[
    str | None, typer.Option(metavar="en|fr", help="In which it is written to; '' for the desk's.")
]


@app.command()
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="What is typed for it from now on.")],
    name_en: NameEn = None,
    name_fr: NameFr = None,
    tier: Tiers = None,
    method: Method = None,
    escalates_to: EscalatesTo = None,
    email: Email = None,
    language: Language = None,
    as_json: AsJson = False,
) -> None:
    """A new group: tier L1 and people who choose themselves, unless it is said."""
    from ticketing.groups.administration import add_group

    changes = _changes(name_en, name_fr, tier, method, escalates_to, email, language)
    _tell(write(lambda session: _facts(session, add_group(session, key, changes))), as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The groups, with how many belong to each."""
    from ticketing.groups.queries import all_groups

    found = read(lambda session: [_facts(session, group) for group in all_groups(session)])
    tell({"groups": found}, as_json, lambda: _table(found))


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """One group and who belongs to it."""
    from ticketing.groups.queries import group_by_key

    _tell(read(lambda session: _facts(session, group_by_key(session, key))), as_json)


@app.command()
def change(
    key: Key,
    name_en: NameEn = None,
    name_fr: NameFr = None,
    tier: Tiers = None,
    method: Method = None,
    escalates_to: EscalatesTo = None,
    email: Email = None,
    language: Language = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; an empty value takes it away."""
    from ticketing.groups.administration import change_group
    from ticketing.groups.queries import group_by_key

    changes = _changes(name_en, name_fr, tier, method, escalates_to, email, language)
    if not changes:
        raise CommandFailed(
            "nothing is named that could change; `guichet group change --help` lists what can"
        )
    write(change_group, key, changes)
    given = give_out()
    _tell({**read(lambda session: _facts(session, group_by_key(session, key))), **given}, as_json)


@member_app.command("add")
def add_member(
    key: Key,
    agent: AgentKey,
    tier: Annotated[
        SupportTier | None,
        typer.Option(metavar="L2", help="Where they work; the first tier if it is not said."),
    ] = None,
    skill: Annotated[
        list[str] | None,
        typer.Option(metavar="SKILL", help="What rules may ask for; '' for none. Repeatable; replaces all."),
    ] = None,
    lead: Annotated[
        bool | None, typer.Option("--lead/--no-lead", help="Told when a ticket of the group is late.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take an agent in, or change what is named for one who is in it."""
    from ticketing.groups.administration import put_member
    from ticketing.groups.queries import members_of

    changes: MemberChanges = {}
    if tier is not None:
        changes["tier"] = tier
    if skill is not None:
        changes["skills"] = skill
    if lead is not None:
        changes["is_lead"] = lead
    write(put_member, key, agent, changes)
    given = give_out()
    members = read(members_of, key)
    facts = {**next(_member(each) for each in members if each.agent.key == agent), **given}
    tell({"group": key, **facts}, as_json, lambda: _members([facts]))
    say_given_out(facts, as_json)


@member_app.command("remove")
def remove_member(key: Key, agent: AgentKey, as_json: AsJson = False) -> None:
    """Let an agent go from a group; open tickets stay with them until somebody passes them on."""
    from ticketing.groups.administration import remove_member as remove

    left = write(lambda session: remove(session, key, agent))
    if as_json:
        tell({"group": key, "removed": agent, "open_tickets": left}, as_json, lambda: None)
        return
    say(f"{agent} is not in {key} any more")
    if left:
        open_tickets = counted(left, "open ticket")
        say(f"still with them: {open_tickets} of it; see `guichet ticket list --assignee {agent}`")


def _changes(
    name_en: str | None,
    name_fr: str | None,
    tiers: list[SupportTier] | None,
    method: AssignmentMethod | None,
    escalates_to: str | None,
    email: str | None,
    language: str | None,
) -> GroupChanges:
    names = {language: name for language, name in (("en", name_en), ("fr", name_fr)) if name is not None}
    changes: GroupChanges = {}
    if names:
        changes["names"] = names
    if tiers:
        changes["tiers"] = tiers
    if method is not None:
        changes["method"] = method
    if escalates_to is not None:
        changes["escalates_to"] = escalates_to or None
    if email is not None:
        changes["email"] = email or None
    if language is not None:
        changes["language"] = language or None
    return changes


def _facts(session: Session, group: KnownGroup) -> dict[str, Any]:
    from ticketing.groups.queries import members_of

    return {
        "key": group.key,
        "names": dict(group.names),
        "tiers": [tier.value for tier in group.tiers],
        "method": group.method.value,
        "escalates_to": group.escalates_to,
        "email": group.email,
        "language": group.language,
        "members": [_member(member) for member in members_of(session, group.key)],
    }


def _member(member: KnownMember) -> dict[str, Any]:
    return {
        "agent": member.agent.key,
        "name": member.agent.name,
        "tier": member.tier.value,
        "skills": list(member.skills),
        "lead": member.is_lead,
        "presence": member.agent.presence.value,
        "active": member.agent.is_active,
        "open_tickets": member.open_work,
    }


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    tell(facts, as_json, lambda: _table([facts]))
    if not as_json and facts["members"]:
        show_table(_members(facts["members"]))
    say_given_out(facts, as_json)


def _table(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("key", "name", "tiers", "escalates to", "method", "mailbox", "members"),
        (
            (
                each["key"],
                "\n".join(each["names"].values()),
                " ".join(each["tiers"]),
                each["escalates_to"] or "–",
                each["method"].replace("_", " "),
                " ".join(filter(None, (each["email"], each["language"]))) or "the desk's",
                str(len(each["members"])),
            )
            for each in found
        ),
    )


def _members(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("agent", "name", "tier", "skills", "lead", "", "open"),
        (
            (
                each["agent"],
                each["name"],
                each["tier"],
                ", ".join(each["skills"]) or "–",
                "yes" if each["lead"] else "",
                each["presence"] if each["active"] else "has left",
                str(each["open_tickets"]),
            )
            for each in found
        ),
    )
