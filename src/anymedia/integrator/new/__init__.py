"""Writes the first draft of a backend: from options, from a pasted curl command, or from an OpenAPI document."""
