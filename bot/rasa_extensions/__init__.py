"""What runs inside the Rasa process, and nothing else: Python 3.10, Rasa 3.6.21, no import of the desk."""
