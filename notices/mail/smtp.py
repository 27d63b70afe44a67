"""Mail by an SMTP server: encrypted, its certificate checked, within a time that the outbox can wait."""

from __future__ import annotations

import asyncio
import enum
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from notices.mail.composing import Sender, compose
from notices.mail.port import Mail, MailRefused

PERMANENT = range(500, 600)


class Encryption(enum.Enum):
    """How the way to the server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True)
class SmtpServer:
    """Where letters are handed over. `seconds` bounds the whole of one; `authorities` is a PEM file of more
    certificate authorities that are believed."""

    host: str
    port: int
    encryption: Encryption = Encryption.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 20.0
    authorities: Path | None = None


class SmtpMail:
    """Hands each letter to the server over a connection of its own."""

    def __init__(self, server: SmtpServer, sender: Sender) -> None:
        self._server, self._sender = server, sender
        self._context = _context(server)

    async def send(self, mail: Mail) -> None:
        """Hand a letter over.

        A refusal of the recipient or of the letter's words for good (5xx) is permanent. Everything else is
        the desk's or the server's own trouble (no connection, a wrong password, a sender not allowed), which
        somebody will mend: the letters wait for it.
        """
        letter = compose(mail, self._sender)
        try:
            async with asyncio.timeout(self._server.seconds):
                await self._hand_over(letter)
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else 0
            raise _refused("the server refuses the recipient", code) from None
        except aiosmtplib.SMTPDataError as error:
            raise _refused("the server refuses the letter", error.code) from None
        except aiosmtplib.SMTPNotSupported:
            raise _not_supported(mail) from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailRefused(f"the server refuses the user or the password ({error.code})") from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailRefused(f"the server refuses the desk ({error.code})") from None
        except TimeoutError:
            raise MailRefused(f"the server was silent for {self._server.seconds:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise MailRefused(f"the server's certificate is not believed: {error.verify_message}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailRefused(_trouble(error)) from None

    async def _hand_over(self, letter: EmailMessage) -> None:
        server = self._server
        await aiosmtplib.send(
            letter,
            sender=self._sender.address,
            recipients=[letter["To"].addresses[0].addr_spec],
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password if server.user else None,
            use_tls=server.encryption is Encryption.TLS,
            start_tls=server.encryption is Encryption.STARTTLS,
            tls_context=self._context,
            timeout=server.seconds,
        )


def _context(server: SmtpServer) -> ssl.SSLContext | None:
    if server.encryption is Encryption.NONE:
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.authorities is not None:
        context.load_verify_locations(server.authorities)
    return context


def _refused(what: str, code: int) -> MailRefused:
    # The server's own words may quote the address or the letter, so only its number is kept.
    return MailRefused(f"{what} ({code})", is_permanent=code in PERMANENT)


def _not_supported(mail: Mail) -> MailRefused:
    if not mail.to.isascii():
        return MailRefused("the server takes addresses in ASCII only", is_permanent=True)
    return MailRefused("the server offers no way to sign in that the desk knows")


def _trouble(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not believed: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return "the way to the server could not be encrypted"
    # The library's own words; a server's are not looked at.
    if "STARTTLS extension not supported" in str(error):
        return "the server offers no STARTTLS"
    if "AUTH extension is not supported" in str(error):
        return "the server lets nobody sign in this way: encrypt it, or set no GUICHET_SMTP_USER"
    return "the server cannot be reached or went away"
