"""A letter as mail programs know it (RFC 5322): text and HTML, ids that hold a thread together, no loops."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from notices.mail.html import as_html
from notices.mail.port import Mail, MailLink, MailRefused
from notices.texts.catalogue import say

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\s]")
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What must not stand in a letter: control characters but tabs and line feeds, and half characters."""


@dataclass(frozen=True)
class Sender:
    """Who the desk's letters come from, `Name <address>`, and where answers go if not there.

    Args:
        seal: the installation's own. Two desks with one address both have an INC-000001; without it the
            letter of the second would be a repeat to a mail program, and is dropped.
    """

    header: str
    reply_to: str = ""
    seal: str = ""

    @property
    def address(self) -> str:
        return parseaddr(self.header)[1]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2] or "localhost"

    @property
    def own(self) -> frozenset[str]:
        """Addresses of the desk itself, to which it never writes."""
        return frozenset(
            parseaddr(each)[1].casefold() for each in (self.header, self.reply_to) if parseaddr(each)[1]
        )


def compose(mail: Mail, sender: Sender) -> EmailMessage:
    """The whole letter; the same mail gives the same Message-ID, whoever composes it and when.

    Raises:
        MailRefused: it cannot be written to this address, ever.
    """
    letter = EmailMessage(policy.SMTP)
    letter["From"] = _address(sender.header)
    letter["To"] = recipient(mail.to, sender)
    if sender.reply_to:
        letter["Reply-To"] = _address(sender.reply_to)
    letter["Subject"] = one_line(mail.subject)
    letter["Date"] = format_datetime(mail.at)
    letter["Message-ID"] = message_id(mail.key, sender)
    if mail.thread:
        # The first letter too names the root, which is never sent: programs gather by it all the same,
        # whichever letters somebody was sent or has deleted.
        root = thread_id(mail.thread, mail.to, sender)
        letter["In-Reply-To"] = letter["References"] = root
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    # Quoted-printable passes servers that know seven bits only, and no line gets too long.
    letter.set_content(_text(mail), cte="quoted-printable")
    letter.add_alternative(as_html(_cleaned(mail)), subtype="html", cte="quoted-printable")
    letter["Content-Language"] = mail.language  # what is set before the content is lost with it
    return letter


def recipient(to: str, sender: Sender) -> Address:
    """Whom to write to; one address, and none of the desk's own.

    Raises:
        MailRefused: it is no address, more than one, or the desk's.
    """
    if to.strip().casefold() in sender.own:
        raise MailRefused("it is an address of the desk itself", is_permanent=True)
    try:
        Address(addr_spec=_BEYOND_ASCII.sub("x", to))
        name, _, domain = to.rpartition("@")
        # A name server knows domains in ASCII only.
        return Address(
            username=name, domain=domain if domain.isascii() else domain.encode("idna").decode("ascii")
        )
    except (MessageError, ValueError, IndexError):
        raise MailRefused("it is no e-mail address", is_permanent=True) from None


def message_id(key: str, sender: Sender) -> str:
    """The same for the same key: a letter that is sent twice can be recognised."""
    return f"<{_digest(sender.seal + key)}@{sender.domain}>"


def thread_id(thread: str, to: str, sender: Sender) -> str:
    """The root of a thread: a ticket's, for one recipient."""
    return f"<thread.{_digest(f'{sender.seal}{thread}:{to.casefold()}')}@{sender.domain}>"


def one_line(text: str) -> str:
    """A header is one line, and a subject may come from a chat."""
    return " ".join(_UNFIT.sub(" ", text).split())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _address(header: str) -> Address:
    name, spec = parseaddr(header)
    return Address(display_name=name, addr_spec=spec)


def _cleaned(mail: Mail) -> Mail:
    text = _UNFIT.sub("", mail.text.replace("\r\n", "\n").replace("\r", "\n"))
    return Mail(
        mail.key, mail.to, one_line(mail.subject), text, mail.at, mail.language, mail.links, mail.thread
    )


def _text(mail: Mail) -> str:
    links = "".join(f"\n\n{_lead(link, mail.language)}\n{link.url}" for link in mail.links)
    automatic = say("mail_automatic", mail.language).text
    # A line of two hyphens and a space is where mail programs begin to grey out.
    return f"{_cleaned(mail).text.rstrip()}{links}\n\n-- \n{automatic}\n"


def _lead(link: MailLink, language: str) -> str:
    return link.lead or say("mail_link_line", language, label=link.label).text
