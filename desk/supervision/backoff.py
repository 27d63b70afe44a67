"""How long to wait before a dead process is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles with every death in a row; a life long enough forgets the deaths before it. All in seconds."""

    first: float = 0.5
    longest: float = 15.0
    forgiven_after: float = 60.0
    deaths_in_a_row: int = 0

    def after_life_of(self, lived: float) -> float:
        """The pause after a process that lived this long."""
        if lived >= self.forgiven_after:
            self.deaths_in_a_row = 0
        pause: float = self.first * 2 ** min(self.deaths_in_a_row, 30)
        self.deaths_in_a_row += 1
        return min(pause, self.longest)
