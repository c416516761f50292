"""The installation as its operator sees it: tenants that come, rest and go, how each stands, and archives."""
