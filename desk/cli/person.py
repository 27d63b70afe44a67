"""`guichet person`: what is said of people who ask: VIP or not, and their group."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed
from desk.cli.promising import AsJson, a_table, read, tell, write

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from identity.people.administration import PersonChanges

app = typer.Typer(help="People who ask: who is a VIP, and who is in which group.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="WHO", help="An address, or the number of the list.")]


@app.command("list")
def list_(
    words: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="A part of a name or address.")
    ] = None,
    vip_only: Annotated[bool, typer.Option("--vip", help="VIPs only.")] = False,
    requester_group: Annotated[
        str | None, typer.Option("--group", metavar="NAME", help="Of one group of requesters.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The people of whom a name or an address is known, 50 at most."""
    from identity.people.administration import find_people

    people = read(find_people, words, vip_only=vip_only, requester_group=requester_group)
    found = [asdict(person) for person in people]
    tell({"people": found}, as_json, lambda: _table(found))


@app.command()
def show(who: Who, as_json: AsJson = False) -> None:
    """One person."""
    from identity.people.administration import person_known_as

    _tell(asdict(read(person_known_as, who)), as_json)


@app.command()
def change(
    who: Who,
    vip: Annotated[
        bool | None, typer.Option("--vip/--no-vip", help="Whether rules and promises for VIPs hold.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="The group of requesters they are in; '' for none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named. Promises on open tickets follow; where they are, they stay."""
    from identity.people.administration import change_person
    from ticketing.sla.upkeep import renew

    changes: PersonChanges = {}
    if vip is not None:
        changes["is_vip"] = vip
    if group is not None:
        changes["requester_group"] = group or None
    if not changes:
        raise CommandFailed("say what changes: --vip, --no-vip or --group")

    def deed(session: Session) -> dict[str, Any]:
        person = change_person(session, who, changes)
        # A level may hold for VIPs, or for a group.
        renew(session)
        return asdict(person)

    _tell(write(deed), as_json)


def _tell(person: dict[str, Any], as_json: bool) -> None:
    tell(person, as_json, lambda: _table([person]))


def _table(found: list[dict[str, Any]]) -> Any:
    return a_table(
        ("number", "name", "address", "language", "vouched for", "VIP", "group"),
        (
            (
                str(each["id"]),
                each["name"] or "–",
                each["email"] or "–",
                each["language"],
                "yes" if each["is_verified"] else "no",
                "yes" if each["is_vip"] else "",
                each["requester_group"] or "–",
            )
            for each in found
        ),
    )
