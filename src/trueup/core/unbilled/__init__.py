"""Usage that no line bills, and lines that bill what nobody uses."""
