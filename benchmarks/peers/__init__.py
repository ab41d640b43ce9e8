"""Others that serve the same paths from the same tables."""
