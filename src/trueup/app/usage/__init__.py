"""Usage comes in and is looked at: collections, the newest day, and the items behind a number."""
