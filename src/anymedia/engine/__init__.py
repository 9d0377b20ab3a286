"""Everything that does I/O, written once. Backends only describe; this package sends, stores, verifies and pays."""
