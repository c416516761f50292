"""Who may call from where, and what was refused."""
