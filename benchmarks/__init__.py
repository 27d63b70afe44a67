"""Measurements that compare the desk with what a reader may know; docs/benchmarks.md says what they found."""
