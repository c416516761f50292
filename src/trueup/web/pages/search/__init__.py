"""The search of the top bar."""
