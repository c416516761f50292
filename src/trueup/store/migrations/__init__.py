"""Alembic's folder: one file a revision, oldest first."""
