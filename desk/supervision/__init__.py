"""Keeps the product's processes running, and nothing else: starts, watches, restarts, stops."""
