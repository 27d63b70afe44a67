"""The demo: an intranet of its own port and host name, three people to sign in as, and a place to read mail.

Served only with GUICHET_DEMO=true, and only to this machine.
"""

from desk.demo.site import KEY_ID, SITE_KEY, host_key, origins, seed

__all__ = ["KEY_ID", "SITE_KEY", "host_key", "origins", "seed"]
