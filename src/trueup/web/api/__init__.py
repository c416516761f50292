"""The REST API, a file a feature."""
