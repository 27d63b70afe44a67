"""Kinds of values a setting may have; the description says to an operator what is allowed."""

import ipaddress
import re
import shlex
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

ADDRESS = r"[^@\s<>]+@[^@\s<>]+"
"""What may be an e-mail address, as far as a pattern can tell."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; a name but `localhost` may become anybody's."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unless(pattern: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise PydanticCustomError("pattern", "does not match")
        return value

    return AfterValidator(check)


def from_commas(value: object) -> object:
    """The environment has no lists: `en,fr` stands for one."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        ipaddress.ip_network(value, strict=False)
    return values


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("distinct", "a value appears twice")
    return values


def as_command(value: str) -> str:
    try:
        shlex.split(value)
    except ValueError:
        raise PydanticCustomError("command", "quotes do not match") from None
    return value


Port = Annotated[int, Field(ge=1, le=65535, description="a port from 1 to 65535")]
Count = Annotated[int, Field(ge=1, le=100_000, description="a whole number from 1 to 100000")]
Threads = Annotated[int, Field(ge=1, le=64, description="a whole number from 1 to 64")]
Seconds = Annotated[float, Field(ge=0.05, le=600, description="seconds, from 0.05 to 600")]
Window = Annotated[float, Field(ge=0, le=3, description="seconds, from 0 (at once) to 3")]
Flag = Annotated[bool, Field(description="true or false")]
HttpUrl = Annotated[
    str,
    refuse_unless(r"(https?://[^\s/?#@]+)?"),
    Field(description="empty, or http:// or https:// with a host and no path"),
]
