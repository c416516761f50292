"""The web application: REST API, push and pages over the same use cases as the command line."""
