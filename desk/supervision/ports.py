"""Who listens where: busy ports are named with their holder, and Rasa is seen to listen on loopback only."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil


class PortBusy(Exception):
    """A port is taken; the text says which and by whom."""


@dataclass(frozen=True, order=True)
class Listener:
    """A listening socket of a process."""

    address: str
    port: int

    @property
    def is_loopback(self) -> bool:
        address = ipaddress.ip_address(self.address.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def refuse_busy(wanted: Mapping[str, tuple[str, int]]) -> None:
    """Raise `PortBusy` for the first taken port; `wanted` maps the name of a setting to host and port."""
    for setting, (host, port) in wanted.items():
        if not is_free(host, port):
            raise PortBusy(
                f"Port {port} is taken by {holder(port)}; stop that, or choose another port with {setting}."
            )


def is_free(host: str, port: int) -> bool:
    """Whether a server may listen there now."""
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        with socket.socket(family, kind, protocol) as probe:
            # As servers do, so that connections of a desk that just stopped do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                probe.listen()
            except OSError:
                return False
    return True


def holder(port: int) -> str:
    """The process that listens on a port, as an operator can look for it."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and _local(connection).port == port and connection.pid:
            return _named(connection.pid)
    return "a process of another user"


def listeners(pid: int) -> frozenset[Listener]:
    """The listening sockets of a process and of those it started."""
    found: set[Listener] = set()
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return frozenset()
    for member in family:
        try:
            connections = member.net_connections(kind="tcp")
        except psutil.NoSuchProcess:
            continue
        found |= {_local(c) for c in connections if c.status == psutil.CONN_LISTEN}
    return frozenset(found)


def _local(connection: Any) -> Listener:
    return Listener(connection.laddr.ip, connection.laddr.port)


def _named(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (process {pid})"
    except psutil.NoSuchProcess:
        return f"process {pid}"
