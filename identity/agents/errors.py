"""Why an agent cannot be added, changed or found."""

from __future__ import annotations

from identity.sites.errors import IdentityError


class AgentUnknown(IdentityError):
    """No agent has this key."""

    code = "agent_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no agent {key!r}; `guichet agent list` shows them")
        self.key = key


class AgentRefused(IdentityError):
    """An agent cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "agent_refused"
