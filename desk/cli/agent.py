"""`guichet agent`: the people of the team, and whether work may be given to them now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, counted, say
from desk.cli.promising import AsJson, a_table, give_out, read, say_given_out, tell, write
from desk.settings.reading import load
from identity.agents.logic import Presence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from identity.agents.operations import AgentChanges
    from identity.agents.queries import KnownAgent

app = typer.Typer(help="Agents: the people of the team.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The agent's key.")]
Name = Annotated[str | None, typer.Option(metavar="NAME", help="What people call them.")]
Email = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where they read their mail.")]
Language = Annotated[str | None, typer.Option(metavar="en|fr", help="In which language they are written to.")]


@app.command()
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="What is typed for them from now on.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="What people call them.")],
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="Where they read their mail.")],
    language: Language = None,
    as_json: AsJson = False,
) -> None:
    """Somebody new, present from now on; `guichet group member add` says where they work."""
    from identity.agents.operations import add_agent

    settings = load()

    def deed(session: Session) -> dict[str, Any]:
        spoken = language or settings.default_language
        agent = add_agent(session, key, name=name, email=email, language=spoken, now=clock.now())
        return _facts(session, [agent])[0]

    _tell(write(deed), as_json)


@app.command("list")
def list_(
    is_all: Annotated[bool, typer.Option("--all", help="Those who have left, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """The agents, where they work and how many open tickets each has."""
    from identity.agents.queries import all_agents

    found = read(lambda session: _facts(session, all_agents(session, with_inactive=is_all)))
    if not found and not as_json:
        say("no agents; `guichet agent add` adds one")
        return
    tell({"agents": found}, as_json, lambda: _table(found))


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """One agent."""
    from identity.agents.queries import agent_by_key

    _tell(read(lambda session: _facts(session, [agent_by_key(session, key)])[0]), as_json)


@app.command()
def change(
    key: Key,
    name: Name = None,
    email: Email = None,
    language: Language = None,
    active: Annotated[
        bool | None,
        typer.Option("--active/--inactive", help="Whether they work here; who has left stays on file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named. Whoever is not active any more is given nothing."""
    from identity.agents.operations import change_agent

    changes: AgentChanges = {}
    if name is not None:
        changes["name"] = name
    if email is not None:
        changes["email"] = email
    if language is not None:
        changes["language"] = language
    if active is not None:
        changes["is_active"] = active
    if not changes:
        raise CommandFailed(
            "nothing is named that could change; `guichet agent change --help` lists what can"
        )
    write(change_agent, key, changes)
    _tell_of(key, as_json)


@app.command()
def away(key: Key, as_json: AsJson = False) -> None:
    """Give them nothing for now; what they have stays theirs."""
    _be(key, Presence.AWAY, as_json)


@app.command()
def present(key: Key, as_json: AsJson = False) -> None:
    """They are there: work may be given to them."""
    _be(key, Presence.PRESENT, as_json)


def _be(key: str, presence: Presence, as_json: bool) -> None:
    from identity.agents.operations import set_presence

    write(set_presence, key, presence)
    _tell_of(key, as_json)


def _tell_of(key: str, as_json: bool) -> None:
    """Give out what waited for them, and say how they stand then."""
    from identity.agents.queries import agent_by_key

    given = give_out()
    _tell({**read(lambda session: _facts(session, [agent_by_key(session, key)])[0]), **given}, as_json)


def _facts(session: Session, agents: Sequence[KnownAgent]) -> list[dict[str, Any]]:
    from ticketing.groups.queries import memberships_of, open_work

    work = open_work(session, [agent.id for agent in agents])
    return [
        {
            "key": agent.key,
            "name": agent.name,
            "email": agent.email,
            "language": agent.language,
            "presence": agent.presence.value,
            "active": agent.is_active,
            "open_tickets": work[agent.id],
            "groups": [
                {
                    "group": each.group,
                    "tier": each.tier.value,
                    "skills": list(each.skills),
                    "lead": each.is_lead,
                }
                for each in memberships_of(session, agent.id)
            ],
        }
        for agent in agents
    ]


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    tell(facts, as_json, lambda: _table([facts]))
    say_given_out(facts, as_json)
    is_here = facts["active"] and facts["presence"] == Presence.PRESENT.value
    if not as_json and facts["open_tickets"] and not is_here:
        open_tickets = counted(facts["open_tickets"], "open ticket")
        say(f"still with {facts['key']}: {open_tickets}; see `guichet ticket list --assignee {facts['key']}`")


def _table(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("key", "name", "address", "language", "", "open", "groups"),
        (
            (
                each["key"],
                each["name"],
                each["email"],
                each["language"],
                each["presence"] if each["active"] else "has left",
                str(each["open_tickets"]),
                "\n".join(_membership(group) for group in each["groups"]) or "none",
            )
            for each in found
        ),
    )


def _membership(group: dict[str, Any]) -> str:
    lead = ", lead" if group["lead"] else ""
    skills = f" ({', '.join(group['skills'])})" if group["skills"] else ""
    return f"{group['group']} {group['tier']}{lead}{skills}"
