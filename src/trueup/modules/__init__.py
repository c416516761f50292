"""Usage comes in: the catalogue (one file a module) and the one reader that understands all of its files."""
