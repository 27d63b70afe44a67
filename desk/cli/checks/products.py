"""What was made for this installation: encoders, Rasa's model, the browser side."""

from collections.abc import Iterator
from pathlib import Path

from desk.cli.checks.findings import PREPARES, Finding, State
from desk.preparation import training, web
from desk.preparation.stamps import Stamp
from desk.settings.values import Settings
from desk.web_assets import AssetsMissing, read_manifest


def encoder(settings: Settings) -> Iterator[Finding]:
    if not settings.has_encoder:
        yield Finding("encoder", State.OK, "none: search goes by words only")
        return
    yield _encoder(settings.encoder_folder, settings.encoder, settings.encoder_quantised)
    if settings.has_multilingual_encoder:
        yield _encoder(settings.encoder_multilingual_folder, settings.encoder_multilingual, False)
    else:
        yield Finding("encoder", State.OK, "no multilingual one (GUICHET_ENCODER_MULTILINGUAL=none)")


def _encoder(folder: Path, name: str, quantised: bool) -> Finding:
    from knowledge.encoder import runtime

    try:
        manifest = runtime.check(folder)
    except runtime.EncoderError as error:
        return Finding("encoder", State.FAIL, str(error), PREPARES)
    if (manifest.name, manifest.quantised) != (name, quantised):
        return Finding("encoder", State.WARN, f"{manifest.name} is there, but {name} is set", PREPARES)
    how = "int8" if manifest.quantised else "full precision"
    return Finding("encoder", State.OK, f"{manifest.name}, {how}, digests match")


def model(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none":
        return
    if not training.has_model(settings):
        what = f"no model whose digest matches at {settings.rasa_model}"
        yield Finding("model", State.FAIL, what, "`guichet train` makes it")
        return
    digest = settings.rasa_model.with_name(settings.rasa_model.name + ".sha256").read_text()[:12]
    if Stamp(settings.var / "stamps" / "rasa").matches(training.learns_from(settings)):
        yield Finding("model", State.OK, f"digest {digest}…, trained on the present data")
    else:
        do = "`guichet train`, then start again"
        yield Finding("model", State.WARN, f"digest {digest}…, but the data changed since", do)


def browser_side(settings: Settings) -> Iterator[Finding]:
    try:
        assets = read_manifest()
    except AssetsMissing:
        yield Finding("web", State.FAIL, "what browsers get is not built", "`guichet build`")
        return
    if web.is_current():
        yield Finding("web", State.OK, f"built from the present sources, loader {assets.loader_digest}")
    else:
        yield Finding("web", State.WARN, "built, but the sources changed since", "`guichet build`")
