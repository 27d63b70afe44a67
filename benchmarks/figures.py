"""What the measured turns amount to. Pure: lists of numbers in, figures out."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.systems import Turn

LATENCY_GOAL, RATE_GOAL, TRAINING_GOAL, MEMORY_GOAL = 1.0, 2.0, 0.15, 0.6
RATE_AT = 16


@dataclass
class Phase:
    """One system at one number of conversations at once, in one round."""

    at_once: int
    seconds: float
    turns: list[Turn]

    @property
    def rate(self) -> float:
        return len(self.turns) / self.seconds


@dataclass
class Measured:
    """Everything measured of one system."""

    name: str
    phases: list[Phase] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)
    resident: dict[str, int] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    def at(self, at_once: int) -> list[Phase]:
        return [phase for phase in self.phases if phase.at_once == at_once]

    def rate(self, at_once: int) -> float:
        """Turns per second over all rounds."""
        phases = self.at(at_once)
        return sum(len(p.turns) for p in phases) / sum(p.seconds for p in phases)

    def rate_spread(self, at_once: int) -> tuple[float, float]:
        rates = [phase.rate for phase in self.at(at_once)]
        return min(rates), max(rates)

    def by_number(self) -> dict[int, list[float]]:
        """Times of the turns with nobody else asking, by their number in the conversation."""
        times: defaultdict[int, list[float]] = defaultdict(list)
        for phase in self.at(1):
            for turn in phase.turns:
                times[turn.number].append(turn.ms)
        return dict(sorted(times.items()))

    def round_medians(self) -> list[float]:
        return [percentile([turn.ms for turn in phase.turns], 50) for phase in self.at(1)]

    def times_at(self, at_once: int) -> list[float]:
        return [turn.ms for phase in self.at(at_once) for turn in phase.turns]

    def flaws(self) -> Counter[str]:
        return Counter(turn.flaw for phase in self.phases for turn in phase.turns if turn.flaw)

    def flawed_lines(self) -> list[str]:
        """What was said where the answer was wrong, a few of them."""
        return [turn.line for phase in self.phases for turn in phase.turns if turn.flaw][:10]

    @property
    def turn_count(self) -> int:
        return sum(len(phase.turns) for phase in self.phases)

    @property
    def megabytes(self) -> float:
        return sum(self.resident.values()) / 1e6

    @property
    def start(self) -> float:
        return percentile(self.start_seconds, 50)

    def cpu_ms_per_turn(self) -> dict[str, float]:
        return {name: seconds * 1e3 / self.turn_count for name, seconds in self.cpu_seconds.items()}


@dataclass(frozen=True)
class Goal:
    """A ratio of ours to the peer's, and whether it is good enough."""

    name: str
    ratio: float
    wanted: float
    more_is_better: bool = False

    @property
    def is_met(self) -> bool:
        return self.ratio >= self.wanted if self.more_is_better else self.ratio <= self.wanted


def goals(ours: Measured, peer: Measured, training: float) -> list[Goal]:
    """Every goal of the benchmark; the first ones are one per turn number."""
    theirs = peer.by_number()
    return [
        *(
            Goal(
                f"p50 of turn {number}", percentile(times, 50) / percentile(theirs[number], 50), LATENCY_GOAL
            )
            for number, times in ours.by_number().items()
        ),
        Goal(f"turns/s, {RATE_AT} at once", ours.rate(RATE_AT) / peer.rate(RATE_AT), RATE_GOAL, True),
        Goal("training", training, TRAINING_GOAL),
        Goal("resident memory", ours.megabytes / peer.megabytes, MEMORY_GOAL),
    ]


def percentile(values: Iterable[float], percent: float) -> float:
    """Nearest rank, so that it is one of the measured values; the middle two's mean for the median."""
    ordered = sorted(values)
    if percent == 50:
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Sequence[float]) -> float:
    """How far the rounds lie apart: largest to smallest."""
    return max(values) / min(values)
