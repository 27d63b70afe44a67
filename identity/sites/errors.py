"""Why a site, or who it vouches for, is refused."""

from __future__ import annotations

from pathlib import Path


class IdentityError(Exception):
    """A refusal with a code clients may rely on; its text is safe to show."""

    code = "identity_refused"


class SiteUnknown(IdentityError):
    """No site has this key."""

    code = "site_unknown"

    def __init__(self) -> None:
        super().__init__("no site has this key")


class OriginRefused(IdentityError):
    """The page's origin is not one of the site's, letter by letter."""

    code = "origin_refused"

    def __init__(self) -> None:
        super().__init__("this origin may not use the site; add it to the site's origins")


class HostIdentityRefused(IdentityError):
    """The host's signed identity is missing, wrong, expired or used before."""

    code = "identity_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"the signed identity was refused: {why}")


class VisitorRefused(IdentityError):
    """The visitor token is missing, altered, expired or revoked: ask for a new session."""

    code = "visitor_refused"

    def __init__(self) -> None:
        super().__init__("the visitor token is not valid any more; open a new session")


class SiteRefused(IdentityError):
    """A site cannot be added or changed so; the text says what is wrong, for whoever administers it."""

    code = "site_refused"


class LogoRefused(SiteRefused):
    """A file that cannot be a logo."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.why = why
