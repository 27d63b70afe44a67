"""axe-core, the reference for what a machine can find of accessibility faults (WCAG 2.2 A and AA)."""

from __future__ import annotations

import functools
from typing import Any

from playwright.async_api import Frame, Page

from tests.requirements import ROOT

SOURCE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN = """async ([context, rules]) => {
  const found = await axe.run(context ?? document, {
    runOnly: rules, resultTypes: ['violations'], iframes: false, elementRef: false
  });
  return found.violations.map(rule => [rule.id, rule.help, rule.nodes.map(
    node => `${node.target.flat().join(' ')} — ${node.failureSummary.replace(/\\s+/g, ' ')}`)]);
}"""


async def violations(where: Page | Frame, context: str | None = None) -> list[str]:
    """What is wrong in a document, or below one element of it; a line each.

    The page's policy stands: the engine comes in through the debugger, not as a script of the page.
    """
    if not await where.evaluate("() => 'axe' in window"):
        await where.evaluate(_source() + "\n;undefined")
    found: list[Any] = await where.evaluate(RUN, [context, list(RULES)])
    return [f"{rule} ({text}): {node}" for rule, text, nodes in found for node in nodes]


@functools.cache
def _source() -> str:
    return SOURCE.read_text("utf-8")
