"""Whole lists: pages read concurrently, decoded, and put into DataFrames."""
