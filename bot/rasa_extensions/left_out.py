"""Lets Rasa be imported without what nothing here uses: 370 MB, seconds of start, other people's code.

Rasa's policy module imports TensorFlow whatever the pipeline is; its tracker stores and channels import the
kits of every service they could talk to (one of them runs git when it is imported). The serving process finds
empty modules in their place; training leaves out the services only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TENSORFLOW = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
SERVICES = frozenset(
    {"aiogram", "boto3", "botocore", "bson", "fbmessenger", "mattermostwrapper", "pymongo", "rocketchat_API"}
    | {"slack", "slack_sdk", "socketio", "twilio", "webexteamssdk"}
)
ABSENT = TENSORFLOW | SERVICES


class _AnythingAsClass(type):
    """Makes `tf.keras.layers.Layer` a class that others can derive from or annotate with."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(name)


def _placeholder(name: str) -> type:
    return _AnythingAsClass(name, (), {"__init__": _refuse, "__module__": __name__})


def _refuse(self: object, *_: object, **__: object) -> None:
    raise RuntimeError("this library is left out of the serving process: the pipeline needs none of it")


class _AbsentModule(ModuleType):
    """A module of placeholders."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(name)


class AbsentFinder(MetaPathFinder, Loader):
    """Answers imports of what is left out with modules of placeholders."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self._names:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: attributes appear when asked for."""


def leave_out(names: frozenset[str] = ABSENT) -> None:
    """Must run before the first import of `rasa`."""
    if present := names & sys.modules.keys():
        raise RuntimeError(f"imported already: {', '.join(sorted(present))}")
    sys.meta_path.insert(0, AbsentFinder(names))


def loaded_after_all() -> frozenset[str]:
    """What of the left out is really loaded in this process: nothing, or the finder came too late."""
    return frozenset(
        name for name in ABSENT if name in sys.modules and not isinstance(sys.modules[name], _AbsentModule)
    )
