"""A real mail server on this machine, with a certificate of its own making, that does as a test tells it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "guichet", "correct horse"


@dataclass
class PostOffice:
    """What the server has taken, and what it is to answer; `silent`: it never answers a letter."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    senders: list[str | None] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    at_recipient: str = ""
    at_letter: str = ""
    is_silent: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.is_silent:
            await asyncio.sleep(3600)
        if self.at_letter:
            return self.at_letter
        content = envelope.original_content or b""
        self.taken.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        self.senders.append(envelope.mail_from)
        return "250 OK"

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        if isinstance(given, LoginPassword) and given.password == PASSWORD.encode():
            self.users.append(given.login.decode())
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


@contextlib.asynccontextmanager
async def a_post_office(certificate: Path | None = None, **options: Any) -> AsyncIterator[PostOffice]:
    """A server that offers STARTTLS and signing in when it has a certificate; `implicit`: TLS at once."""
    office, is_implicit = PostOffice(), options.pop("implicit", False)
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        if not is_implicit:
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
        else:
            options["auth_require_tls"] = False  # of TLS at once the library knows nothing
        options["authenticator"] = office.sign_in
    sessions: set[SMTP] = set()

    def session() -> SMTP:
        each = SMTP(office, hostname="mail.example.org", **options)
        sessions.add(each)
        return each

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=context if is_implicit else None
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.close()
        await asyncio.sleep(0)


def a_certificate(folder: Path, name: str = "localhost") -> Path:
    """A key and a certificate for itself, in one PEM file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), *([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] * (name == "localhost"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
