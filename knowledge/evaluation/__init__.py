"""Measures the search on labelled questions, and makes the coefficients of its confidence."""
