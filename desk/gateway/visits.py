"""What a visit does in the database: each of these is one transaction of the switchboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.web.port import Entered
from identity.people.operations import KnownPerson, OutsideIdentity, add_anonymous_person, recognise_person
from identity.sites.errors import HostIdentityRefused
from identity.sites.operations import access_site, spend_host_identity
from identity.visitors.logic import VisitorToken
from identity.visitors.operations import (
    OpenedSession,
    SessionLife,
    Visitor,
    access_session,
    open_session,
    revoke_session,
    touch_session,
)
from ticketing.conversations.language import set_language
from ticketing.conversations.logic import Speaker
from ticketing.conversations.operations import (
    CHANNEL_WEB,
    Hearing,
    Inbound,
    Recorded,
    open_conversation,
    receive_message,
)
from ticketing.conversations.queries import (
    access_conversation,
    conversations_of,
    latest_conversation,
    queue_position,
    status_of,
)
from ticketing.first_contact.logic import FirstContact
from ticketing.languages.logic import Sighting
from ticketing.tickets.logic import REOPEN_WINDOW


@dataclass(frozen=True)
class GatewayOptions:
    """What the settings decide here.

    `first_contact`: what people are told before their first line. `sight`: which language a line tells.
    `window`: how long a line that looks unfinished is waited after. `own_origins`: the desk's own, from which
    every site may be used. `reopen_window`: how long the work on a resolved ticket may be asked for again.
    """

    visitor_key: str
    session_life: SessionLife
    default_language: str
    characters: int
    first_contact: FirstContact | None = None
    sight: Callable[[str], Sighting | None] | None = None
    window: timedelta = timedelta(0)
    own_origins: tuple[str, ...] = ()
    reopen_window: timedelta = REOPEN_WINDOW


@dataclass(frozen=True)
class Wish:
    """What a hello asks for; a position of -1 is one of another ledger."""

    conversation: str | None
    is_new: bool
    since: int
    language: str | None


def access_visitor(
    session: Session, token: VisitorToken, origin: str | None, options: GatewayOptions, now: datetime
) -> Visitor:
    """Who speaks: the page may use the site, and the session lives."""
    access_site(session, token.site_key, origin, own=options.own_origins)
    return access_session(session, token, life=options.session_life, now=now)


def access_holder(
    session: Session, token: VisitorToken, origin: str | None, options: GatewayOptions, now: datetime
) -> Visitor:
    """Who fetches a file: browsers send no origin with what they get from where they are.

    Nobody else has the token; a page that does say where it is must be one that may use the site.
    """
    if origin is None:
        return access_session(session, token, life=options.session_life, now=now)
    return access_visitor(session, token, origin, options, now)


def open_visit(
    session: Session,
    site_key: str,
    origin: str | None,
    language: str | None,
    identity: str | None,
    options: GatewayOptions,
    now: datetime,
) -> tuple[OpenedSession, KnownPerson]:
    """A new session, of somebody the host vouches for or of somebody new."""
    site = access_site(session, site_key, origin, own=options.own_origins)
    if identity is not None:
        vouched = spend_host_identity(session, site_key, identity, now=now)
        outside = OutsideIdentity(vouched.issuer, vouched.subject, vouched.name, vouched.email)
        person = recognise_person(
            session, outside, language=language, default_language=options.default_language, now=now
        )
    elif site.is_identity_required:
        # Required means required: nothing is opened, nothing is stored (TRUST WW-7).
        raise HostIdentityRefused("this site requires one")
    else:
        person = add_anonymous_person(session, language=language or options.default_language, now=now)
    opened = open_session(session, site_key=site_key, person_id=person.id, life=options.session_life, now=now)
    return opened, person


def enter_conversation(
    session: Session,
    token: VisitorToken,
    origin: str | None,
    wish: Wish,
    options: GatewayOptions,
    epoch: str,
    now: datetime,
) -> Entered:
    """Where a hello leads: to the conversation it names, to the latest one, or to a new one."""
    visitor = access_visitor(session, token, origin, options, now)
    touch_session(session, token.session_id, now=now)
    person = visitor.person
    conversation = wish.conversation
    if conversation is None and not wish.is_new:
        conversation = latest_conversation(session, person_id=person.id, site_key=token.site_key)
    if conversation is None:
        conversation = open_conversation(
            session,
            person_id=person.id,
            site_key=token.site_key,
            channel=CHANNEL_WEB,
            language=wish.language or person.language,
            now=now,
            first_contact=options.first_contact,
        )
    elif wish.language is not None:
        # A client names its language whenever it comes back: what has been said since counts more.
        set_language(
            session,
            conversation,
            wish.language,
            person_id=person.id,
            now=now,
            chosen=False,
            first_contact=options.first_contact,
        )
    conversation_id = access_conversation(session, conversation, person_id=person.id)
    status = status_of(session, conversation_id)
    is_known = 0 <= wish.since <= status.last_seq
    return Entered(
        visitor=visitor,
        conversation=conversation,
        conversation_id=conversation_id,
        epoch=epoch,
        since=wish.since if is_known else 0,
        is_position_known=is_known,
        status=status,
        place=queue_position(session, conversation_id) if status.speaker is Speaker.WAITING else None,
    )


def end_visit(
    session: Session, token: VisitorToken, origin: str | None, options: GatewayOptions, now: datetime
) -> list[str]:
    """End the session for good; returns the conversations in which somebody may be reading with it."""
    access_site(session, token.site_key, origin, own=options.own_origins)
    person_id = revoke_session(session, token.session_id, now=now)
    if person_id is None:
        return []
    return conversations_of(session, person_id=person_id, site_key=token.site_key)


def access_visited(
    session: Session,
    token: VisitorToken,
    conversation: str,
    origin: str | None,
    options: GatewayOptions,
    now: datetime,
) -> int:
    """The internal id of a conversation of the visitor."""
    visitor = access_visitor(session, token, origin, options, now)
    return access_conversation(session, conversation, person_id=visitor.person.id)


def receive_line(
    session: Session,
    token: VisitorToken,
    conversation: str,
    inbound: Inbound,
    owner: str | None,
    hearing: Hearing,
    options: GatewayOptions,
    now: datetime,
) -> Recorded:
    """Record a line of the visitor."""
    # Checked with every line: a revoked session must not speak on through an open socket.
    visitor = access_session(session, token, life=options.session_life, now=now)
    touch_session(session, token.session_id, now=now)
    return receive_message(
        session,
        conversation,
        inbound,
        person_id=visitor.person.id,
        now=now,
        character_limit=options.characters,
        owner=owner,
        hearing=hearing,
    )


def choose_language(
    session: Session,
    token: VisitorToken,
    conversation: str,
    language: str,
    options: GatewayOptions,
    now: datetime,
) -> None:
    """Go on in the language that the visitor has chosen."""
    visitor = access_session(session, token, life=options.session_life, now=now)
    set_language(
        session,
        conversation,
        language,
        person_id=visitor.person.id,
        now=now,
        first_contact=options.first_contact,
    )
