"""The revisions of the schema that this version of the program knows; its tables are in `every_table.py`."""

from __future__ import annotations

import sqlalchemy as sa

KNOWN_REVISIONS: tuple[str, ...] = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0019",
    "0021",
    "0022",
    "0023",
    "0024",
    "0017",
    "0018",
    "0030",
    "0031",
    "0032",
    "0033",
    "0034",
)
"""Every revision, oldest first; a test compares this list with the folder of migrations."""

HEAD = KNOWN_REVISIONS[-1]
"""The revision that this program works with. It is known here so that a matching database needs no Alembic."""

VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), primary_key=True),
)
"""Alembic's own table; it belongs to no tenant."""
