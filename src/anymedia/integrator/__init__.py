"""What helps to add and keep a backend, here or in another code base."""
