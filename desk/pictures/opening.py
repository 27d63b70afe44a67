"""Builds what takes pictures in, from the settings."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from desk.gateway.visits import GatewayOptions
from desk.pictures.room import PictureRoom
from desk.pictures.sweeper import Sweeper
from desk.pictures.vault import Vault
from desk.pictures.workshop import Workshop
from desk.settings.reading import inherited
from desk.settings.values import MEGABYTE, Settings
from desk.supervision.environment import of_pictures
from storage.database import Database
from ticketing.pictures.logic import PictureLimits


def open_pictures(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    database: Database,
    options: GatewayOptions,
    *,
    now: Callable[[], datetime],
) -> tuple[PictureRoom, Sweeper]:
    """The room, closed unless the settings say otherwise, and who sweeps it."""
    threads = ThreadPoolExecutor(2, thread_name_prefix="pictures")
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    vault = Vault(settings.pictures_folder)
    if settings.pictures:
        vault.open()
    room = PictureRoom(
        database,
        options,
        _limits(settings) if settings.pictures else None,
        vault=vault,
        workshop=Workshop(scanner=settings.picture_scanner, environment=of_pictures(inherited())),
        threads=threads,
        now=now,
    )
    return room, Sweeper(database, vault, threads, now)


def _limits(settings: Settings) -> PictureLimits:
    return PictureLimits(
        bytes_each=settings.picture_bytes,
        per_day=settings.pictures_per_day,
        bytes_per_day=settings.picture_megabytes_per_day * MEGABYTE,
        bytes_in_all=settings.picture_megabytes_in_all * MEGABYTE,
        bytes_anonymous=settings.picture_megabytes_anonymous * MEGABYTE,
    )
