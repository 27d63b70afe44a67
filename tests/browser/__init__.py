"""The chat widget in a real browser, on a real desk. How they are put together: stage.py."""
