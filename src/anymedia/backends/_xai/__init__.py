"""What xAI's two doors, REST and gRPC, say alike. No backend: the registry skips this name."""
