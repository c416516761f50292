"""The overview: is it right, what waits for a person, what is it worth."""
