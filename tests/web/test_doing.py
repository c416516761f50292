"""A page can do nothing that the API cannot."""

from __future__ import annotations

from tests.web.routes import RouteRow, application, route_rows

from trueup.web.doing import doing_of


def forms() -> list[RouteRow]:
    """Routes of pages that change something."""
    return [row for row in route_rows(application()) if row.changes and not row.is_api]


def test_every_form_says_what_it_does_in_words_of_the_api() -> None:
    silent = [f"{row.method} {row.path}" for row in forms() if doing_of(row.endpoint) is None]
    assert forms()
    assert silent == []


def test_what_belongs_to_a_browser_alone_says_why_and_names_no_operation() -> None:
    for row in forms():
        doing = doing_of(row.endpoint)
        assert doing is not None
        assert bool(doing.operations) != bool(doing.browser_only), row.path


def test_whatever_a_form_does_a_program_can_do_too() -> None:
    app = application()
    described = {one["operationId"] for path in app.openapi()["paths"].values() for one in path.values()}
    named = {name for row in forms() for name in getattr(doing_of(row.endpoint), "operations", ())}
    assert named
    assert named - described == set()
