"""Finds what was forgotten where a backend is registered in many places: rules are data, the code read is never run."""
