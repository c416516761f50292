"""Calls of programs that come twice, because the answer to the first one was lost."""
