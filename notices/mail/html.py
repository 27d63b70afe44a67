"""A letter as HTML that old and new mail programs show: tables, inline colours, dark for who likes it dark.

Nothing is fetched from anywhere, and everything that comes from outside passes through `escape`. Pure.
"""

from __future__ import annotations

import re
from html import escape

from notices.mail.port import Mail, MailLink
from notices.texts.catalogue import say

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_DARK = (
    "@media (prefers-color-scheme:dark){"
    ".page{background:#15181c!important}.card{background:#1f242a!important;border-color:#39414a!important}"
    ".card,.card h1,.card p{color:#e8eaed!important}.card .quiet{color:#a9b1ba!important}"
    ".card a{background:#8ab4f8!important;color:#15181c!important}"
    ".card .words{border-color:#8ab4f8!important}}"
)
_TICKET = re.compile(r"\b[A-Z]{2,4}-\d{6}\b")
_NUMBER = re.compile(r"\[([A-Z]{2,4}-\d+)\] *")


def as_html(mail: Mail) -> str:
    """The HTML version of a letter."""
    found = _NUMBER.match(mail.subject)
    title = mail.subject[found.end() :] if found else mail.subject
    above = _paragraph(found[1], "quiet", "color:#5b6470;font-size:13px;margin:0 0 4px") if found else ""
    automatic = say("mail_automatic", mail.language).text
    return (
        f'<!doctype html>\n<html lang="{escape(mail.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(mail.subject)}</title>\n<style>:root{{color-scheme:light dark}}{_DARK}</style>\n"
        '</head>\n<body class="page" style="margin:0;padding:0;background:#f2f4f7">\n'
        '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="background:#f2f4f7"><tr><td align="center" style="padding:24px 12px">\n'
        '<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="max-width:600px;background:#ffffff;border:1px solid #d9dee4;border-radius:8px">'
        f'<tr><td class="card" style="padding:24px;{_FONT};font-size:15px;line-height:1.5;color:#1d232a;'
        'text-align:left;border-radius:8px;word-break:break-word">\n'
        f'{above}<h1 style="margin:0 0 16px;font-size:19px;line-height:1.3;color:#1d232a">'
        f"{escape(title)}</h1>\n"
        f"{_paragraphs(mail.text)}{''.join(map(_button, mail.links))}"
        f"{_paragraph(automatic, 'quiet', 'color:#5b6470;font-size:13px;margin:24px 0 0')}"
        "</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n"
    )


def _paragraphs(text: str) -> str:
    pieces = [piece.strip("\n") for piece in re.split(r"\n[ \t]*\n", text)]
    return "".join(_piece(piece) for piece in pieces if piece.strip())


def _piece(text: str) -> str:
    """A paragraph, or what somebody said, paragraph by paragraph."""
    lines = text.split("\n")
    is_quoted = all(line.startswith("> ") or line == ">" for line in lines)
    if not is_quoted or set(lines) == {">"}:
        return _paragraph(text, "", "margin:0 0 14px;color:#1d232a")
    said = "\n".join(line[2:] for line in lines)
    pieces = [piece for piece in re.split(r"\n(?:[ \t]*\n)+", said) if piece.strip()]
    inner = "".join(_paragraph(piece, "", "margin:0;padding:0 0 10px;color:#1d232a") for piece in pieces)
    style = "margin:0 0 16px;padding:10px 0 0 14px;border-left:3px solid #1a5fb4"
    return f'<div class="words" style="{style}">{inner}</div>\n'


def _paragraph(text: str, name: str, style: str) -> str:
    lines = "<br>\n".join(_unbroken(line) for line in text.split("\n"))
    return f'<p{f" class={name}" if name else ""} style="{style}">{lines}</p>\n'


def _unbroken(line: str) -> str:
    """Escaped, with ticket numbers that no line ends within."""
    return _TICKET.sub(r'<span style="white-space:nowrap">\g<0></span>', escape(line))


def _button(link: MailLink) -> str:
    """A link that is none of the web's is no link."""
    if not link.url.startswith(("https://", "http://")):
        return ""
    lead = _paragraph(link.lead, "", "margin:20px 0 -10px;color:#1d232a") if link.lead else ""
    return (
        f'{lead}<p style="margin:20px 0 0"><a href="{escape(link.url)}" style="display:inline-block;'
        "padding:10px 18px;"
        'background:#1a5fb4;color:#ffffff;text-decoration:none;border-radius:6px;font-weight:600">'
        f"{escape(link.label)}</a></p>\n"
    )
