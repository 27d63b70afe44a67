"""Has Rasa trained in its own environment, when anything it learns from has changed."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.rasa_extensions.model_file import ModelRefused, check_digest
from desk.preparation.stamps import fingerprint
from desk.settings.values import PROJECT, Settings
from desk.supervision.environment import of_training
from desk.supervision.launch import dies_with_parent

EXTENSIONS = PROJECT / "bot" / "rasa_extensions"


class TrainingFailed(Exception):
    """No new model; the text says what Rasa said."""


def learns_from(settings: Settings) -> str:
    """Changes with everything that changes the model."""
    config = PROJECT / "config.yml"
    named = set(re.findall(r"bot\.rasa_extensions\.(\w+)", config.read_text(encoding="utf-8")))
    ours = named | {"training", "regression"}
    encoders = [
        *([settings.encoder_folder] if settings.has_encoder else []),
        *([settings.encoder_multilingual_folder] if settings.has_multilingual_encoder else []),
    ]
    # By content alone: where an installation keeps them changes nothing in the model.
    made = [settings.responses_file, *(folder / "manifest.json" for folder in encoders)]
    return fingerprint(
        settings.encoder,
        settings.encoder_multilingual,
        *(path.read_text(encoding="utf-8") if path.is_file() else "" for path in made),
        files=[
            config,
            PROJECT / "data",
            PROJECT / "bot" / "dialogue",
            PROJECT / "constraints" / "rasa.txt",
            *(EXTENSIONS / f"{module}.py" for module in sorted(ours)),
        ],
        below=PROJECT,
    )


def has_model(settings: Settings) -> bool:
    """Whether there is a model that the launcher would load."""
    try:
        check_digest(settings.rasa_model)
    except ModelRefused:
        return False
    return True


def train(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Train, and return what Rasa warned of. Raises TrainingFailed."""
    interpreter = settings.rasa_interpreter
    if not interpreter.is_file():
        raise TrainingFailed(f"{interpreter} is missing; `make setup` makes Rasa's environment.")
    folder = settings.rasa_model.parent
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(str(interpreter), "-m", "bot.rasa_extensions.training"),
            *("--out", str(folder), "--responses", str(settings.responses_file)),
        ],
        cwd=PROJECT,
        env=of_training(settings, environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=dies_with_parent(),
    )
    _keep_log(settings.var / "logs" / "training.log", done.stdout + done.stderr)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        failure = next((line for line in said if line.startswith("training failed: ")), said[-1])
        raise TrainingFailed(f"Rasa was not trained: {failure.removeprefix('training failed: ')}")
    return tuple(line for line in done.stderr.splitlines() if line.startswith("warning: "))


def _keep_log(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
