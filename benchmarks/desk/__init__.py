"""How the desk's lists, tickets and sweep grow with what is on file."""
