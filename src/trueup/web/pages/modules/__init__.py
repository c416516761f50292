"""The room of modules."""
