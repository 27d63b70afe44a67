"""The Rasa process, run for real: a small project is trained, launched, and talked to by HTTP."""
