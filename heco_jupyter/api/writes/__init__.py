"""Writes: plans carried out at most once, lost answers recovered, and the wait for what they lead to."""
