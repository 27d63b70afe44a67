"""Copies of everything kept, taken while the desk runs, and the way back."""
