"""The demo: an intranet of its own port and host name, people to sign in as, a team, a place to read mail.

Served only with GUICHET_DEMO=true, and only to this machine.
"""

from desk.demo.site import KEY_ID, SITE_KEY, host_key, origins, seed
from desk.demo.team import seed_team

__all__ = ["KEY_ID", "SITE_KEY", "host_key", "origins", "seed", "seed_team"]
