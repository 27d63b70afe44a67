"""Why what somebody says of itself is not kept."""

from __future__ import annotations

from identity.sites.errors import IdentityError


class AddressRefused(IdentityError):
    """This is not a mail address."""

    code = "address_refused"

    def __init__(self) -> None:
        super().__init__("this is not a mail address")


class PersonUnknown(IdentityError):
    """Nobody is known by this."""

    code = "person_unknown"

    def __init__(self, who: str) -> None:
        super().__init__(
            f"nobody is known as {who!r}; `guichet person list` finds people by name and address"
        )
        self.who = who


class PersonRefused(IdentityError):
    """A person cannot be set so; the text says what is wrong, for whoever administers the desk."""

    code = "person_refused"


class PersonIsVerified(IdentityError):
    """A site vouches for this person: only the site says its name and address."""

    code = "person_is_verified"

    def __init__(self) -> None:
        super().__init__("the name and address of this person come from its site")
