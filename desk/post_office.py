"""How this installation's mail leaves, as its settings say."""

from __future__ import annotations

from dataclasses import replace

from desk.secrets import seal_in
from desk.settings.values import Settings
from notices.mail.composing import Sender
from notices.mail.maildir import MaildirMail
from notices.mail.port import MailPort
from notices.mail.smtp import Encryption, SmtpMail, SmtpServer


def post_office(settings: Settings) -> MailPort:
    """By the mail server; without one letters are kept where a mail program finds them."""
    if not settings.smtp_host:
        return kept_mail(settings)
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        encryption=Encryption(settings.smtp_encryption),
        user=settings.smtp_user,
        password=settings.smtp_password,
        seconds=settings.smtp_seconds,
        authorities=settings.smtp_authorities,
    )
    return SmtpMail(server, replace(_sender(settings), seal=seal_in(settings.secrets_folder)))


def kept_mail(settings: Settings) -> MaildirMail:
    """Where letters are kept without a mail server; nobody else's come there, so that they need no seal."""
    return MaildirMail(settings.var / "mail", _sender(settings))


def _sender(settings: Settings) -> Sender:
    return Sender(settings.mail_from, settings.mail_reply_to)
