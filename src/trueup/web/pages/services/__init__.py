"""The room of services: how contract lines follow usage, as sentences that can be edited."""
