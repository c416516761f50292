"""A page can do and show nothing that the API cannot, and asks for the same role."""

from __future__ import annotations

from functools import cache

import pytest
from tests.web.routes import RouteRow, application, route_rows

from trueup.web.asking import Needs, NeedsOperator, NeedsRecent, NeedsRecentOperator
from trueup.web.doing import Doing, doing_of


@cache
def pages() -> tuple[RouteRow, ...]:
    """Routes of pages; the pushed usage of modules is none, nor is what machines watch."""
    return tuple(row for row in route_rows(application()) if row.is_page)


@cache
def operations() -> dict[str, Needs | None]:
    """What the API describes, with who may call it."""
    app = application()
    described = {one["operationId"] for path in app.openapi()["paths"].values() for one in path.values()}
    found = {row.operation: row.needs for row in route_rows(app) if row.operation is not None}
    return {name: found[name] for name in described}


def doing(row: RouteRow) -> Doing:
    found = doing_of(row.endpoint)
    assert found is not None, f"{row.method} {row.path} says neither what it does or shows nor why it cannot"
    return found


def test_every_page_says_what_it_does_or_shows_in_words_of_the_api() -> None:
    assert {row.method for row in pages()} == {"GET", "POST"}
    for row in pages():
        assert bool(doing(row).operations) != bool(doing(row).browser_only), row.path


def test_whatever_a_page_does_or_shows_a_program_gets_too() -> None:
    named = {name for row in pages() for name in doing(row).operations}
    assert named
    assert named - operations().keys() == set()


@pytest.mark.parametrize("changes", [True, False], ids=["forms", "pages"])
def test_a_form_asks_for_the_role_of_its_operations_and_a_page_shows_nobody_more_than_they_do(changes: bool) -> None:
    wrong = []
    for row in pages():
        asked = [one for name in doing(row).operations if (one := operations()[name]) is not None]
        if row.changes is not changes or not asked:
            continue
        highest = max(asked, key=lambda one: sum(one.role.includes(other.role) for other in asked))
        fits = row.needs is not None and row.needs.role.includes(highest.role)
        if changes:
            recent = any(isinstance(one, NeedsRecent | NeedsRecentOperator) for one in asked)
            fits = fits and highest.role.includes(row.needs.role)
            fits = fits and isinstance(row.needs, NeedsRecent | NeedsRecentOperator) == recent
        operators = any(isinstance(one, NeedsOperator) for one in asked)
        fits = fits and isinstance(row.needs, NeedsOperator) == operators
        if not fits:
            wrong.append(f"{row.method} {row.path}: {row.needs and row.needs.role}, operations {highest.role}")
    assert wrong == []
