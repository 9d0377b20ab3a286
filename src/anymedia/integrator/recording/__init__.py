"""Makes real calls to a provider, once each, and writes down what was said."""
