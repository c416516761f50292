"""The tables, by feature. Only the store imports them."""
