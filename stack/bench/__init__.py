"""Benchmarks: what the product adds to the tools it is made of, measured side by side."""
