"""From where somebody may call: networks and source addresses."""
