"""What taking something down refuses."""

from __future__ import annotations


class DraftUnreadable(ValueError):
    """What the assistant kept of a form is not a draft; the form starts anew."""
