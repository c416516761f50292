"""The tenants of the installation, for its operators."""
