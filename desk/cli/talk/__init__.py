"""The parts of `guichet chat`: input, memory, the mode for scripts and the one for people."""
