"""`guichet doctor`: what is in order, what is not, and what to do about it."""

import json
from typing import Annotated

import typer
from rich.markup import escape

from desk.cli.checks.findings import Finding, State
from desk.cli.checkup import examine
from desk.cli.console import out
from desk.settings.reading import load

COLOUR = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Check versions, ports, secrets, encoder, model and database; exit code 1 when a check fails."""
    findings = list(examine(load()))
    failed = any(finding.state is State.FAIL for finding in findings)
    if as_json:
        rows = [{"check": f.check, "state": f.state.value, "what": f.what, "do": f.do} for f in findings]
        print(json.dumps({"ok": not failed, "checks": rows}, ensure_ascii=False))
    else:
        for finding in findings:
            _show(finding)
    raise typer.Exit(1 if failed else 0)


def _show(finding: Finding) -> None:
    colour = COLOUR[finding.state]
    out.print(f"[{colour}]{finding.state.value:4}[/]  {finding.check:12} {escape(finding.what)}")
    if finding.do:
        out.print(f"      {'':12} → {escape(finding.do)}")
