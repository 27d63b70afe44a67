"""Rasa's message processor over a prediction graph that runs its few nodes one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import SessionConfig
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.rasa_extensions.patches import note_failure

# A session is also bounded by its length: what one turn costs grows with it.
TURNS_PER_SESSION = 50


class DirectGraphRunner(DaskGraphRunner):  # type: ignore[misc]
    """Calls the nodes in the order of their needs, found once per target; dask plans it anew each time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        done = {name: (name, value) for name, value in (inputs or {}).items()}
        if wanted not in self._plans:
            self._plans[wanted] = plan(self._graph_schema.minimal_graph_schema(list(wanted)), done)
        try:
            for name, needs in self._plans[wanted]:
                done[name] = self._instantiated_nodes[name](*(done.get(need, need) for need in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return {name: done[name][1] for name in wanted}


def plan(schema: GraphSchema, given: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Each node after those it needs; what is given from outside needs no node."""
    order: dict[str, tuple[str, ...]] = {}

    def visit(name: str) -> None:
        if name in order or name in given or name not in schema.nodes:
            return
        needs = tuple(schema.nodes[name].needs.values())
        for need in needs:
            visit(need)
        order[name] = needs

    for name in schema.nodes:
        visit(name)
    return list(order.items())


class DeskProcessor(MessageProcessor):  # type: ignore[misc]
    """Loads the model onto the direct runner; ends sessions by time and by length; a runaway is a failure."""

    def __init__(self, *args: Any, session_minutes: float, **kwargs: Any) -> None:
        super().__init__(*args, on_circuit_break=_runaway, **kwargs)
        carry_over = self.domain.session_config.carry_over_slots
        self.domain.session_config = SessionConfig(session_minutes, carry_over)

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, Any, Any]:
        path = Path(model_path)
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), path, LocalModelStorage, DirectGraphRunner
            )
        return path.name, metadata, runner

    def _has_session_expired(self, tracker: Any) -> bool:
        if super()._has_session_expired(tracker):
            return True
        # A form in progress is not broken off for the length of what came before it.
        return tracker.turns_of_session >= TURNS_PER_SESSION and tracker.active_loop is None


def _runaway(*_: object) -> None:
    note_failure("ActionLimitReached")
