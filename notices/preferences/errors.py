"""What preferences refuse."""

from __future__ import annotations

from notices.preferences.logic import NoticeKind


class NoticeNeeded(Exception):
    """This kind must reach people; `code` is stable."""

    code = "notice_needed"

    def __init__(self, kind: NoticeKind) -> None:
        super().__init__(
            f"notices of the kind {kind.value} cannot be turned off: somebody waits for the answer"
        )
        self.kind = kind
