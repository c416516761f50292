"""What the pages of customers show beside what the use cases give: addresses that carry each filter, and what is left
after a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from trueup.app.mapping.organizations_view import OrganizationQuestion, OrganizationStateKind
from trueup.core.roles import Role
from trueup.web.asking import Here
from trueup.web.pages.addresses import with_query

SCORES: Final = (100, 98, 95, 92)
"""Scores from which suggestions may be accepted in bulk: the same id, the same name, the bare name, the same words."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of organizations at one address."""

    base: str
    question: OrganizationQuestion

    def at(self, page: int) -> str:
        """The address of another page of the same list."""
        return self._address(replace(self.question, page=page))

    def of(self, state: str) -> str:
        """The address of the organizations with that decision; empty for all of them."""
        chosen = OrganizationStateKind(state) if state else None
        return self._address(replace(self.question, state=chosen, page=1))

    def _address(self, question: OrganizationQuestion) -> str:
        return with_query(
            self.base,
            q=question.text,
            state=question.state.value if question.state else None,
            connection=question.connection,
            page=question.page if question.page > 1 else None,
        )


def may_decide(here: Here) -> bool:
    """Whether the person may map, ignore and undo."""
    return here.role.includes(Role.BILLING)
