"""Who is told of what: conditions that open and close a notice, its messages, and the ways that they take."""
