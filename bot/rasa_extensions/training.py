"""Trains the assistant: data in, `model.tar.gz` and its digest out.

    python -m bot.rasa_extensions.training --out var/models/rasa --responses var/responses/responses.yml

The launcher serves only a model whose digest lies beside it, and this is the only thing that writes one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from bot.rasa_extensions.model_file import MODEL_NAME, digest_path, write_digest
from bot.rasa_extensions.versions import WrongVersion, require_pinned_versions

CONFIG = Path("config.yml")
DATA = Path("data")
DOMAIN = Path("bot/dialogue/domain")


class TrainingFailed(Exception):
    """The data cannot be trained on; the message says what is wrong with it."""


def train(
    out: Path,
    *,
    config: Path = CONFIG,
    data: Sequence[Path] = (DATA,),
    domain: Sequence[Path] = (DOMAIN,),
    responses: Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Returns the model's path and what Rasa warned of. Raises TrainingFailed."""
    parts = [*domain, *([responses] if responses else [])]
    for path in (config, *data, *parts):
        if not path.exists():
            raise TrainingFailed(f"{path} does not exist")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guichet-training-", dir=out) as work:
        merged = _one_domain(parts, Path(work, "domain"))
        _set_rasa_up(out / "cache")
        made, warned = _trained(config, data, merged, Path(work, "model"))
        return _publish(made, out / MODEL_NAME), warned


def _one_domain(parts: Sequence[Path], folder: Path) -> Path:
    """Rasa takes one path for the domain: a folder whose files it merges."""
    for number, part in enumerate(parts):
        target = folder / str(number)
        if part.is_dir():
            shutil.copytree(part, target)
        else:
            target.mkdir(parents=True)
            shutil.copy(part, target)
    return folder


def _set_rasa_up(cache: Path) -> None:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["RASA_CACHE_DIRECTORY"] = str(cache)
    os.environ["LOG_LEVEL"] = "ERROR"  # what Rasa's progress bars look at
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def _trained(config: Path, data: Sequence[Path], domain: Path, out: Path) -> tuple[Path, tuple[str, ...]]:
    said = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        made = _call_rasa(config, data, domain, out)
    warned = dict.fromkeys(str(w.message) for w in caught if _matters(w))
    if made is None:
        raise TrainingFailed(said.getvalue().strip() or "Rasa made no model")
    return Path(made), tuple(warned)


def _matters(caught: warnings.WarningMessage) -> bool:
    """Whether a warning is about the data: Rasa knows a few that it always gives."""
    from rasa.utils.common import EXPECTED_WARNINGS

    text = str(caught.message)
    expected = any(
        issubclass(caught.category, kind) and re.match(rule, text) for kind, rule in EXPECTED_WARNINGS
    )
    return caught.category is UserWarning and not expected


def _call_rasa(config: Path, data: Sequence[Path], domain: Path, out: Path) -> str | None:
    from bot.rasa_extensions.left_out import SERVICES, leave_out
    from bot.rasa_extensions.quiet import keep_words_out

    if "rasa" not in sys.modules:
        leave_out(SERVICES)
    import rasa.model_training
    from rasa.core.exceptions import RasaCoreException
    from rasa.shared.exceptions import RasaException

    keep_words_out(logging.CRITICAL)  # what matters is raised
    try:
        _check(domain, data)
        result = rasa.model_training.train(
            domain=str(domain),
            config=str(config),
            training_files=[str(path) for path in data],
            output=str(out),
            fixed_model_name=MODEL_NAME,
        )
    except (RasaException, RasaCoreException) as error:
        raise TrainingFailed(str(error)) from error
    except SystemExit as error:
        raise TrainingFailed("Rasa refused the data") from error
    return result.model if result.code == 0 else None


def _check(domain: Path, data: Sequence[Path]) -> None:
    """What Rasa only warns of and then fails on when a person asks."""
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted
    from rasa.shared.importers.importer import TrainingDataImporter

    loaded = Domain.load(str(domain))
    importer = TrainingDataImporter.load_from_dict({}, None, str(domain), [str(path) for path in data])
    stories = importer.get_stories()
    if importer.get_nlu_data().is_empty() or stories.is_empty():
        raise TrainingFailed(f"no training data in {', '.join(str(path) for path in data)}")
    events = [event for step in stories.story_steps for event in step.events]
    actions = {event.action_name for event in events if isinstance(event, ActionExecuted)}
    used = {name for name in actions if name and name.startswith("utter_")}
    if missing := sorted(used - set(loaded.responses)):
        raise TrainingFailed(f"no response for {', '.join(missing)}: is --responses missing?")


def _publish(made: Path, model: Path) -> Path:
    """The digest goes first and comes back last: what lies between is never served."""
    digest_path(model).unlink(missing_ok=True)
    os.replace(made, model)
    write_digest(model)
    return model


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="training", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for model.tar.gz and its digest")
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--data", type=Path, nargs="+", default=[DATA])
    parser.add_argument("--domain", type=Path, nargs="+", default=[DOMAIN])
    parser.add_argument("--responses", type=Path, help="generated responses that belong to the domain")
    chosen = parser.parse_args(arguments)
    try:
        require_pinned_versions()
        model, warned = train(
            chosen.out,
            config=chosen.config,
            data=chosen.data,
            domain=chosen.domain,
            responses=chosen.responses,
        )
    except (TrainingFailed, WrongVersion) as error:
        sys.stderr.write(f"training failed: {' '.join(str(error).split())}\n")
        return 1
    for warning in warned:
        sys.stderr.write(f"warning: {' '.join(warning.split())}\n")
    sys.stdout.write(f"{model}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
