"""The command line: parse, call the use case, show what it said. No rule of the field lives here."""
