"""What can go wrong between a client and the desk."""


class ClientError(Exception):
    """The desk could not be talked to; the text is a sentence for a person."""


class ConnectionLost(ClientError):
    """The connection broke; the same may be tried again on another."""

    def __init__(self, why: str, *, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class NothingListens(ConnectionLost):
    """There is nothing at that address."""


class NoContact(ClientError):
    """The desk has not answered for longer than the client is patient."""

    def __init__(self, url: str, patience: float) -> None:
        super().__init__(
            f"no desk answers at {url}" if patience <= 0 else f"no desk answered at {url} for {patience:g} s"
        )
        self.url, self.is_first = url, patience <= 0


class Refused(ClientError):
    """The desk said no: `code` is one of the protocol's error codes."""

    def __init__(self, code: str, detail: str, *, can_retry: bool = False) -> None:
        super().__init__(f"the desk refused: {detail or code}")
        self.code, self.detail, self.can_retry = code, detail, can_retry


class LedgerReplaced(ClientError):
    """The desk went on with another ledger, so a turn of the old one never ends."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the desk no longer has this conversation ({reason or 'no reason given'})")
        self.reason = reason
