"""Why what somebody says of itself is not kept."""

from __future__ import annotations

from identity.sites.errors import IdentityError


class AddressRefused(IdentityError):
    """This is not a mail address."""

    code = "address_refused"

    def __init__(self) -> None:
        super().__init__("this is not a mail address")


class PersonIsVerified(IdentityError):
    """A site vouches for this person: only the site says its name and address."""

    code = "person_is_verified"

    def __init__(self) -> None:
        super().__init__("the name and address of this person come from its site")
