"""The environment each child gets: an allow-list, because Rasa must be given nothing worth stealing."""

from collections.abc import Mapping
from pathlib import Path

from desk.secrets import Secrets
from desk.settings.values import Settings

# To find programs and to speak the machine's language.
EVERYWHERE = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ")
# The desk sends mail and fetches keys: it needs the machine's certificates and a home.
DESK_TOO = ("HOME", "USER", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


def of_the_desk(settings: Settings, ours: Mapping[str, str]) -> dict[str, str]:
    """The settings exactly as the supervisor read them, whatever happens to `.env` later."""
    return {
        **_picked(ours, EVERYWHERE + DESK_TOO),
        **settings.environment(),
        # One search is a small product: handing it to several threads takes longer than computing it.
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def of_rasa(settings: Settings, secrets: Secrets, ours: Mapping[str, str]) -> dict[str, str]:
    """Its two loopback secrets and what it runs with; no database, no mail, no home."""
    return {
        **_picked(ours, EVERYWHERE),
        "GUICHET_RASA_SECRET": secrets.rasa_secret,
        "GUICHET_ACTIONS_SECRET": secrets.actions_secret,
        "GUICHET_ACTIONS_URL": settings.actions_url,
        "GUICHET_ACTION_SECONDS": f"{settings.action_seconds:g}",
        "GUICHET_RASA_SESSION_MINUTES": str(settings.rasa_session_minutes),
        **_encoders(settings),
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
    }


def of_training(settings: Settings, ours: Mapping[str, str]) -> dict[str, str]:
    """Training talks to nobody."""
    return {
        **_picked(ours, EVERYWHERE),
        **_encoders(settings),
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
    }


def of_building(ours: Mapping[str, str]) -> dict[str, str]:
    """The browser side's build reads files and writes files."""
    return _picked(ours, EVERYWHERE)


def of_pictures(ours: Mapping[str, str]) -> dict[str, str]:
    """Whoever looks into a file that a stranger sent gets nothing that is worth stealing."""
    return _picked(ours, EVERYWHERE)


def of_npm(ours: Mapping[str, str], node: Path) -> dict[str, str]:
    """npm is configured in many ways (registry, proxies, certificates), so it gets all but what is ours.

    Its own Node.js comes first on the PATH, because npm starts `node` by that name.
    """
    others = {name: value for name, value in ours.items() if not name.startswith("GUICHET_")}
    return {**others, "PATH": f"{node}:{ours['PATH']}" if ours.get("PATH") else str(node)}


def _encoders(settings: Settings) -> dict[str, str]:
    """Empty tells Rasa to understand without this encoder; both empty, by words alone."""
    first, second = settings.encoder_folder, settings.encoder_multilingual_folder
    return {
        "GUICHET_ENCODER_FOLDER": str(first) if settings.has_encoder else "",
        "GUICHET_ENCODER_MULTILINGUAL_FOLDER": str(second) if settings.has_multilingual_encoder else "",
    }


def _picked(ours: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: ours[name] for name in names if name in ours}
