"""Who may do what: four roles, each of which may do everything that the one before it may."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person or a token may do in a tenant.

    `viewer` reads; `billing` maps customers, sets rules, makes plans and collects; `approver` approves, releases,
    applies and undoes; `administrator` connects systems and manages people, tokens and networks.
    """

    VIEWER = "viewer"
    BILLING = "billing"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(other)
