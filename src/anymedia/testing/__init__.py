"""Shipped to third parties: the conformance suite for backends, and a provider emulator with a billing meter."""
