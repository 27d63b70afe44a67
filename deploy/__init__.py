"""What prepares a machine for Guichet: written for whatever Python the system has, standard library only."""
