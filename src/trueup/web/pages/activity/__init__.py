"""The room of activity."""
