"""What a run did and found, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.nemesis.checks import longest_wait
from tests.nemesis.run import Outcome

FORM_TELLS = {
    f"utter_{type_}_opened{contact}" for type_ in ("incident", "request") for contact in ("", "_anonymous")
}


def report(outcome: Outcome) -> str:
    """The tables of a run."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    plan, evidence = outcome.plan, outcome.evidence
    mutation = f", without its {plan.mutation}" if plan.mutation else ""
    yield f"nemesis on {plan.backend}, seed {plan.seed}{mutation}: {outcome.seconds:.0f} s"
    for process in ("desk", "rasa"):
        points = Counter({point: n for (name, point), n in outcome.kills.items() if name == process})
        yield from _table(f"kill -9 of {process}: {points.total()}", points)
    rest = Counter({n: c for n, c in outcome.faults.items() if ("", n) not in _points(outcome)})
    yield from _table("other faults", rest)
    if outcome.missed:
        yield from _table("faults whose moment did not come", outcome.missed)
    yield from _table("counts", outcome.counts + _counts(outcome))
    yield from _table("turns by outcome", Counter(str(turn.outcome) for turn in evidence.turns))
    waits = sorted(longest_wait(evidence, turn).total_seconds() for turn in evidence.turns)
    if waits:
        middle, near = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        yield (
            f"waiting for a desk that was up: p50 {middle:.2f} s, p99 {near:.2f} s, longest {waits[-1]:.2f} s"
            f" (bound {evidence.bound.total_seconds():.0f} s)"
        )
    yield ""
    yield from outcome.violations or ["RL-1, RL-2, RL-3, RL-4, RL-5, RL-7, WW-12, WW-14 and F9 hold."]


def _points(outcome: Outcome) -> set[tuple[str, str]]:
    return {("", point) for _, point in outcome.kills}


def _counts(outcome: Outcome) -> Counter[str]:
    evidence = outcome.evidence
    return Counter(
        {
            "lines acknowledged": len({ack.client_id for ack in evidence.acked}),
            "acknowledgements": len(evidence.acked),
            "conversations": len({view[0] for view in (*evidence.views, *evidence.pages)}),
            "clients": len(evidence.views),
            "pages in browsers": len(evidence.pages),
            "lines typed into pages": len(evidence.typed),
            "messages in the ledger": len(evidence.messages),
            "turns": len(evidence.turns),
            "turns taken more than once": sum(turn.attempts > 1 for turn in evidence.turns),
            "tickets": len(evidence.tickets),
            "tickets told of by a form": sum(
                row.extras.get("says") in FORM_TELLS for row in evidence.messages
            ),
            "comments": len(evidence.comments),
            "mails": len(evidence.letters),
        }
    )


def _table(title: str, rows: Counter[str]) -> Iterator[str]:
    yield ""
    yield title
    for name in sorted(rows):
        yield f"  {rows[name]:6d}  {name}"
