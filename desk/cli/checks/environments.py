"""What the installation runs in: both environments, ports, secrets, Rasa as it runs."""

import json
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from importlib import metadata

from desk import secrets
from desk.cli.checks.findings import PREPARES, SETS_UP, Finding, State
from desk.settings.values import Settings
from desk.supervision import ports
from desk.supervision.lock import holder

RASA_VERSIONS = """
import json, sys
from importlib import metadata
found = {name: metadata.version(name) for name in ("rasa", "rasa-sdk", "onnxruntime")}
print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], **found}))
"""
RASA_WANTED = {"rasa": "3.6.21", "rasa-sdk": "3.6.2"}
DESK_WANTED = {"torch": "2.13.0", "rasa-sdk": "3.21.1"}


def desk_environment(settings: Settings) -> Iterator[Finding]:
    found = {name: metadata.version(name) for name in DESK_WANTED}
    wrong = _differing(found, DESK_WANTED)
    python = ".".join(map(str, sys.version_info[:3]))
    if wrong:
        yield Finding("desk", State.FAIL, f"Python {python}; {wrong}", SETS_UP)
    else:
        yield Finding("desk", State.OK, f"Python {python}, torch {found['torch']}")


def rasa_environment(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none":
        yield Finding("rasa", State.OK, "switched off (GUICHET_ASSISTANT=none)")
        return
    interpreter = settings.rasa_interpreter
    if not interpreter.is_file():
        yield Finding("rasa", State.FAIL, f"{interpreter} is missing", SETS_UP)
        return
    done = subprocess.run(  # noqa: S603 - an interpreter the operator configured
        [interpreter, "-c", RASA_VERSIONS], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode != 0:
        yield Finding("rasa", State.FAIL, f"{interpreter} does not have Rasa", SETS_UP)
        return
    found = json.loads(done.stdout)
    wrong = _differing(found, RASA_WANTED)
    if not found["python"].startswith("3.10."):
        wrong = f"Python must be 3.10 {wrong}".strip()
    if wrong:
        yield Finding("rasa", State.FAIL, f"Python {found['python']}; {wrong}", SETS_UP)
    else:
        yield Finding("rasa", State.OK, f"Python {found['python']}, Rasa {found['rasa']}")


def free_ports(settings: Settings) -> Iterator[Finding]:
    running = holder(settings.var)
    ours = {listener.port for listener in ports.listeners(running)} if running else set()
    wanted = {"GUICHET_PORT": (settings.host, settings.port)}
    wanted["GUICHET_ACTIONS_PORT"] = ("127.0.0.1", settings.actions_port)
    if settings.assistant == "rasa":
        wanted["GUICHET_RASA_PORT"] = ("127.0.0.1", settings.rasa_port)
    if settings.demo:
        wanted["GUICHET_DEMO_PORT"] = ("127.0.0.1", settings.demo_port)
    for setting, (host, port) in wanted.items():
        if port in ours:
            yield Finding("ports", State.OK, f"{port} is the running desk's own (process {running})")
        elif ports.is_free(host, port):
            yield Finding("ports", State.OK, f"{port} is free")
        else:
            do = f"stop it, or choose another with {setting}"
            yield Finding("ports", State.FAIL, f"{port} is taken by {ports.holder(port)}", do)


def rasa_health(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none" or ports.is_free("127.0.0.1", settings.rasa_port):
        return
    try:
        secret = secrets.read(settings.secrets_folder).rasa_secret
    except secrets.SecretsError:
        return  # said by the check of the secrets
    url = f"{settings.rasa_url}/webhooks/desk/health"
    request = urllib.request.Request(url, headers={"X-Guichet-Secret": secret})  # noqa: S310 - http, loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            answer = json.load(response)
    except (OSError, ValueError) as error:
        do = f"look at {settings.var}/logs/rasa.log; the supervisor starts it again when it hangs"
        yield Finding("health", State.FAIL, f"Rasa does not answer: {error}", do)
        return
    yield Finding(
        "health", State.OK, f"Rasa {answer.get('rasa')} answers with model {answer.get('model_id')}"
    )


def secret_files(settings: Settings) -> Iterator[Finding]:
    folder = settings.secrets_folder
    if not folder.is_dir():
        yield Finding("secrets", State.WARN, f"{folder} does not exist yet", PREPARES)
        return
    problems = [secrets.problem(folder / field.name) for field in fields(secrets.Secrets)]
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        problems.append(f"{folder} can be read by others; `chmod 700` it")
    for problem in filter(None, problems):
        what, _, do = problem.partition("; ")
        yield Finding("secrets", State.FAIL, what, do)
    if not any(problems):
        yield Finding("secrets", State.OK, "all there, for the owner only")


def _differing(found: dict[str, str], wanted: dict[str, str]) -> str:
    wrong = {name: version for name, version in wanted.items() if found[name].partition("+")[0] != version}
    return ", ".join(f"{name} is {found[name]}, must be {version}" for name, version in wrong.items())
