"""The first screen: is it right, what waits, what is it worth; and the way there from an empty store."""
