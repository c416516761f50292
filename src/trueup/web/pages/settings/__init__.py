"""Settings of a tenant: its choices and guard rails, its people, its tokens."""
