"""Pages: a folder a feature, each with its routes and the view that its templates show."""
