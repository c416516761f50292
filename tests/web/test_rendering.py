"""Templates: texts that never change are in them from the start, and a part that is kept is never an older one."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from trueup.messages.sentences import Sentences
from trueup.web.pages.page import Rooms
from trueup.web.rendering import environment_of, piece


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "template",
    [
        '{{ t("page.plan.search") }}',
        '<a title="{{ t("page.plan.search") }}">{{ t("page.plan.of", plan="P", day="1", made="2") }}</a>',
        '{{ t("page.frame.wait", count=3) }}{{ t("page.frame.wait", count=1) }}',
        '{{ t("page.room." ~ "plan") }}',
        '{{ t("page.plan.search") if yes else t("page.plan.filter") }}{{ "t" }}',
        '{{ t("no.such.text") }}',
        '{{ t ("page.plan.keys") ~ "<b>" }}',
        "{% for one in (t('page.plan.search'), 't', t) %}{{ one if one is string }}{% endfor %}",
    ],
)
def test_a_template_says_the_same_as_if_every_text_was_asked_for(template: str, language: str) -> None:
    said = Sentences.for_pages(language)
    environment = environment_of(said)
    asked = environment.overlay()
    asked.extensions = {}
    given = {"said": said, "t": said.text, "yes": False}
    assert environment.from_string(template).render(given) == asked.from_string(template).render(given)


def test_a_text_without_places_is_not_asked_for_again() -> None:
    def refuse(key: str) -> str:
        raise AssertionError(key)

    said = Sentences.for_pages("fr")
    template = environment_of(said).from_string('<p>{{ t("page.plan.search") }}</p>')
    assert template.render(t=refuse) == f"<p>{said.text('page.plan.search')}</p>"


def test_a_part_that_is_kept_shows_what_it_is_given_in_each_language() -> None:
    def rooms(language: str, **given: object) -> str:
        return piece("frame/rooms.html", Sentences.for_pages(language), Rooms(**{**FIRST._asdict(), **given}))

    seen = {
        rooms("en"),
        rooms("fr"),
        rooms("en", waiting=3),
        rooms("en", waiting=4),
        rooms("en", room="plan"),
        rooms("en", tenant="other"),
    }
    assert len(seen) == 6
    assert rooms("en") is rooms("en"), "written once"
    assert "/t/<b>" not in rooms("en", tenant="<b>")


FIRST: NamedTuple = Rooms("default", "overview", 0)
