"""Push over HTTP: `POST /api/v1/usage`."""
