"""Adds up what the runs of `make test` counted: `python -m tests.counts FOLDER`."""

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def counts(folder: Path) -> str:
    """By cases: in Node.js's reports suites stand in suites, or are missing; their sums say nothing."""
    total = Counter(
        _became(case)
        for report in sorted(folder.glob("*.xml"))
        for case in ElementTree.parse(report).iter("testcase")  # noqa: S314
    )
    return f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped"


def _became(case: ElementTree.Element) -> str:
    said = {child.tag for child in case}
    return "failed" if said & {"failure", "error"} else "skipped" if "skipped" in said else "passed"


if __name__ == "__main__":
    print(counts(Path(sys.argv[1])))
