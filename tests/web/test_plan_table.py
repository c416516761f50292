"""The rows of the plan's table, which write themselves: no name becomes a tag, and each figure stands in its column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from trueup.app.plans.browsing import PlanGroup, PlanQuestion
from trueup.app.plans.deeds import PlanLine
from trueup.core.outcome import EntryKind, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.messages.sentences import Sentences
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanRow
from trueup.web.pages.plan.rows import TableBody

EVIL = """"'><script>alert(1)</script>&amp;"""
SETTINGS = TenantSettings(mode=Mode.MANUAL, currency="EUR")


def row(name: str = "Morel", part: Part = Part.CHANGES, **changes: object) -> PlanRow:
    made = PlanRow(
        position=0,
        part=part,
        line_id=name,
        status=OutcomeStatus.CHANGE,
        kind=EntryKind.LINE,
        customer_id=name,
        customer_name=name,
        contract_name=name,
        service_id=name,
        service_name=name,
        reason="change.increase",
        before=1041,
        after=1044,
        moves=True,
        day=date(2026, 11, 12),
        currency=None,
        monthly=Decimal("13.50"),
        amount=Decimal("5.00"),
        why=(Reason.of("no.such_code", name=name),),
        releasable=(),
        first_time=False,
        mode="",
        digest="d",
    )
    return made._replace(**changes)


class _Seen(HTMLParser):
    """Which tags there are, what stands between them, and the values of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.values: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def written(asked: PlanQuestion, line: PlanLine, *, choosing: bool = True, language: str = "en") -> str:
    key = {"customer": line.row.customer_id, "service": line.row.service_id, "reason": line.row.reason}[asked.group]
    group = PlanGroup(line.row.part, key, "" if asked.sort else key, 1, (line,))
    said = Sentences.for_pages(language)
    body = TableBody(said, SETTINGS, asked, "/t/default/plan/P1", lambda one: f"?customer={one}", choosing=choosing)
    return str(body.written((group,)))


@pytest.mark.parametrize("group", ["customer", "service", "reason"])
@pytest.mark.parametrize("sort", ["", "amount"])
@pytest.mark.parametrize("approved", [(), (EVIL,)])
def test_a_name_never_becomes_a_tag(group: str, sort: str, approved: tuple[str, ...]) -> None:
    line = PlanLine(row(EVIL, reason=EVIL, currency=EVIL), approved)
    seen = _Seen(written(PlanQuestion(group=group, sort=sort), line))  # type: ignore[arg-type]
    assert seen.tags <= {"tbody", "tr", "th", "td", "a", "span", "input"}
    assert any(EVIL in text for text in seen.texts)
    assert f"/t/default/plan/P1/line/{EVIL}" in seen.values


def test_a_change_is_told_in_its_columns_with_signs() -> None:
    seen = _Seen(written(PlanQuestion(), PlanLine(row())))
    assert [text for text in seen.texts if any(sign.isdigit() for sign in text)][1:] == [
        "1,041",
        "1,044",
        "+3",
        "12 Nov 2026",
        "+13.50\N{NO-BREAK SPACE}EUR",
    ]


def test_only_what_can_be_approved_has_a_box() -> None:
    def has_box(line: PlanLine, *, choosing: bool = True) -> bool:
        return "checkbox" in written(PlanQuestion(), line, choosing=choosing)

    assert has_box(PlanLine(row()))
    assert not has_box(PlanLine(row()), choosing=False)
    assert not has_box(PlanLine(row(), ("Ada",)))
    assert not has_box(PlanLine(row(mode="read-only")))
    assert not has_box(PlanLine(row(part=Part.WAITS)))


def test_rows_with_other_reasons_do_not_share_their_words() -> None:
    lines = tuple(PlanLine(row(name=name)) for name in ("Morel", "Brasserie", "Morel"))
    group = PlanGroup(Part.CHANGES, "", "", None, lines)
    body = TableBody(Sentences.for_pages("en"), SETTINGS, PlanQuestion(), "/p", str, choosing=False)
    told = [text for text in _Seen(str(body.written((group,)))).texts if text.startswith("no.such_code")]
    assert told == ["no.such_code (name=Morel)", "no.such_code (name=Brasserie)", "no.such_code (name=Morel)"]
