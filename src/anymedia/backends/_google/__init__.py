"""What Google's two doors, the Gemini API and Vertex AI, say alike. No backend: the registry skips this name."""
