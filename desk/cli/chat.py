"""`guichet chat`: talk to the running desk from a terminal or a script, as the widget does."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.console import complain

if TYPE_CHECKING:
    from desk.cli.talk.visit import Wishes

NO_CONTACT, REFUSED, INTERRUPTED = 2, 1, 130


class Lang(enum.StrEnum):
    """The languages of the desk."""

    EN = "en"
    FR = "fr"


def chat(
    person: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", help="Be this person: the demo site's host vouches for the address."),
    ] = None,
    lang: Annotated[Lang | None, typer.Option(help="The language of the conversation.")] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The desk's address; that of the settings otherwise.")
    ] = None,
    is_script: Annotated[
        bool, typer.Option("--json", help="Lines on stdin, JSON objects on stdout, turn by turn.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last conversation.")] = False,
    site: Annotated[str, typer.Option(metavar="KEY", help="The site to visit.")] = "demo",
    patience: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="Give up after so long without contact (60). When given, a desk not yet up is waited for.",
        ),
    ] = None,
) -> None:
    """Talk to the running desk."""
    from desk.cli.talk.visit import Wishes

    if person is not None and "@" not in person.strip("@ "):
        raise typer.BadParameter("an e-mail address is expected", param_hint="--person")
    wishes = Wishes(
        person=person.strip() if person else None,
        language=lang.value if lang else None,
        url=url,
        site=site,
        is_script=is_script,
        is_resumed=resume,
        patience=patience,
    )
    raise typer.Exit(_talk(wishes))


def _talk(wishes: Wishes) -> int:
    """The exit code; what went wrong is said in one sentence on stderr."""
    import asyncio

    from desk.cli.talk.visit import talk
    from desk.client import ClientError, NoContact

    try:
        asyncio.run(talk(wishes))
    except NoContact as error:
        hint = ": start it with `make run`" if error.is_first else ""
        complain(f"guichet: {error}{hint}.")
        return NO_CONTACT
    except ClientError as error:
        complain(f"guichet: {error}.")
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED if wishes.is_script else 0
    except BrokenPipeError:
        return REFUSED
    return 0
