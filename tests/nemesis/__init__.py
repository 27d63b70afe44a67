"""The nemesis: real processes, scripted people, injected faults, and checkers of what was promised."""
