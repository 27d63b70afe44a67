"""The settings as the desk uses them: what agrees with what, and what follows from them."""

import re
import shlex
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from desk.settings.fields import Fields
from desk.settings.kinds import is_loopback
from desk.settings.texts import PREFIX, as_text, masked
from identity.sites.origins import origin_of
from notices.privacy.notice import PrivacyNoticeError, read_notice
from ticketing.gathering.logic import LONGEST_IN_WINDOWS

PROJECT = Path(__file__).resolve().parent.parent.parent
MEGABYTE = 1024 * 1024
SHIPPED_ARTICLES = PROJECT / "knowledge" / "library"


class Settings(Fields):
    """What was set, complete and without contradictions; frozen."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """Values that follow from others: an absolute `var`, the SQLite file in it, the local address."""
        if not isinstance(given, Mapping):
            return given
        values = dict(given)
        values["var"] = Path(str(values.get("var", ""))).expanduser().absolute()
        values["library"] = Path(str(values.get("library") or SHIPPED_ARTICLES)).expanduser().absolute()
        if relative := re.fullmatch(r"sqlite:///([^/:].*)", str(values.get("database_url"))):
            values["database_url"] = f"sqlite:///{Path(relative[1]).absolute()}"
        if values.get("database_url") == "":
            values["database_url"] = f"sqlite:///{values['var']}/guichet.db"
        if values.get("public_url") == "":
            values["public_url"] = f"http://{_reachable(str(values.get('host')))}:{values.get('port')}"
        return values

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Rules that need more than one setting."""
        ports = {"port": self.port, "rasa_port": self.rasa_port, "actions_port": self.actions_port}
        if len(set(ports.values())) < len(ports):
            raise _disagree("rasa_port", "a port of its own, unlike GUICHET_PORT and GUICHET_ACTIONS_PORT")
        if self.demo and self.demo_port in ports.values():
            raise _disagree("demo_port", "a port of its own, unlike those of the desk, its actions and Rasa")
        if self.default_language not in self.languages:
            raise _disagree("default_language", "one of GUICHET_LANGUAGES")
        self._mail_agrees()
        if not self.action_seconds < self.turn_seconds:
            raise _disagree("action_seconds", f"below GUICHET_TURN_SECONDS ({self.turn_seconds:g})")
        if not self.turn_seconds < self.settle_seconds:
            raise _disagree("turn_seconds", f"below GUICHET_SETTLE_SECONDS ({self.settle_seconds:g})")
        if not LONGEST_IN_WINDOWS * self.gather_seconds < self.settle_seconds:
            most = self.settle_seconds / LONGEST_IN_WINDOWS
            raise _disagree("gather_seconds", f"below a quarter of GUICHET_SETTLE_SECONDS ({most:g})")
        try:
            read_notice(self.privacy_notice)
        except PrivacyNoticeError as error:
            raise _disagree("privacy_notice", f"a notice that can be used ({error})") from None
        if self.visitor_idle_hours > self.visitor_days * 24:
            raise _disagree("visitor_idle_hours", "within GUICHET_VISITOR_DAYS")
        return self

    def _mail_agrees(self) -> None:
        own = {parseaddr(self.mail_from)[1].casefold(), self.mail_reply_to.casefold()}
        if self.smtp_host and self.team_email.casefold() in own:
            raise _disagree("mail_from", "an address of the desk's own: it writes to GUICHET_TEAM_EMAIL")
        is_open = self.smtp_encryption == "none" and not is_loopback(self.smtp_host)
        if self.smtp_host and is_open and not self.smtp_plain:
            raise _disagree(
                "smtp_encryption", "starttls or tls, to another machine without GUICHET_SMTP_PLAIN"
            )
        if self.smtp_authorities is not None and not self.smtp_authorities.is_file():
            raise _disagree("smtp_authorities", "a file that is there")

    @property
    def encoder_folder(self) -> Path:
        return self.var / "models" / "encoder"

    @property
    def encoder_multilingual_folder(self) -> Path:
        return self.var / "models" / "encoder-multilingual"

    @property
    def has_encoder(self) -> bool:
        return self.encoder != "none"

    @property
    def has_multilingual_encoder(self) -> bool:
        """Without the first encoder there is no second: an installation without both goes by words only."""
        return self.has_encoder and self.encoder_multilingual != "none"

    @property
    def attachments_folder(self) -> Path:
        return self.var / "attachments"

    @property
    def pictures_folder(self) -> Path:
        return self.var / "pictures"

    @property
    def picture_bytes(self) -> int:
        """The largest picture that is taken."""
        return self.picture_megabytes * MEGABYTE

    @property
    def picture_scanner(self) -> tuple[str, ...]:
        """The scanner's program and arguments, `{file}` among them; none: nothing is scanned."""
        command = tuple(shlex.split(self.picture_scan))
        return command if not command or any("{file}" in each for each in command) else (*command, "{file}")

    @property
    def rasa_model(self) -> Path:
        return self.var / "models" / "rasa" / "model.tar.gz"

    @property
    def responses_file(self) -> Path:
        return self.var / "responses" / "responses.yml"

    @property
    def tracker_file(self) -> Path:
        return self.var / "rasa" / "tracker.db"

    @property
    def secrets_folder(self) -> Path:
        return self.var / "secrets"

    @property
    def rasa_interpreter(self) -> Path:
        return Path(self.rasa_python) if self.rasa_python else PROJECT / ".venv-rasa" / "bin" / "python"

    @property
    def local_url(self) -> str:
        """Where this machine reaches the desk, whatever its public address is."""
        return f"http://{_reachable(self.host)}:{self.port}"

    @property
    def letters_url(self) -> str | None:
        """Where readers of letters reach the desk; None: letters leave this machine, and it is only here."""
        is_here = is_loopback(urlsplit(self.public_url).hostname or "")
        return None if self.smtp_host and is_here else self.public_url

    @property
    def own_origins(self) -> tuple[str, ...]:
        """What browsers call the desk's own pages; with the demo also as this machine reaches them."""
        urls = [self.public_url]
        if self.demo:
            urls += [self.local_url, f"http://localhost:{self.port}"]
        return tuple(dict.fromkeys(origin_of(url) for url in urls))

    @property
    def is_encrypted(self) -> bool:
        """Whether people reach the desk over https."""
        return self.public_url.startswith("https://")

    @property
    def demo_url(self) -> str:
        """Where the demo's intranet is: another port and, by default, another host name than the desk's."""
        return f"http://localhost:{self.demo_port}"

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}/webhook"

    def __repr_args__(self) -> Iterable[tuple[str, object]]:
        """Fit for a log."""
        return [(name, masked(name, value)) for name, value in self]

    def environment(self) -> dict[str, str]:
        """The same settings as variables, so that a child process has exactly those of its parent."""
        return {PREFIX + name.upper(): as_text(value) for name, value in self}


def _disagree(setting: str, allowed: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "must be {allowed}", {"setting": setting, "allowed": allowed})


def _reachable(host: str) -> str:
    """The address to open in a browser on this machine for what the desk listens on."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
