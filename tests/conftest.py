"""Shared by both environments, so Python 3.10 and nothing but pytest."""

pytest_plugins = ("tests.requirements",)
