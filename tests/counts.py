"""Adds up what the runs of `make test` counted: `python -m tests.counts FOLDER`."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def counts(folder: Path) -> str:
    total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(folder.glob("*.xml")):
        for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314
            for name in total:
                total[name] += int(suite.get(name, 0))
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    return f"{passed} passed, {failed} failed, {total['skipped']} skipped"


if __name__ == "__main__":
    print(counts(Path(sys.argv[1])))
