"""How agreement and contested lines are shown: amounts of different currencies apart, both languages, exact JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO

from rich.console import Console

from trueup.app.beside.agreeing import Compared
from trueup.app.beside.contests import ContestedLine
from trueup.cli.rendering.compare import compared_document, contested_plain, write_compared, write_contested
from trueup.core.beside.agreement import agreements
from trueup.core.beside.comparison import Judgement, Verdict
from trueup.core.by_hand.contested import Departure, LineContest
from trueup.core.reason import Reason
from trueup.core.settings import BesideSettings
from trueup.messages.sentences import Sentences


def on(day: int) -> date:
    return date(2026, 11, day)


def said(line: str, first: int, last: int, verdict: Verdict, **more: object) -> Judgement:
    return Judgement(line, "1", "10", on(first), on(last), verdict, 12, 12, **more)  # type: ignore[arg-type]


BEHIND = Reason.of("compare.not_followed", ours=on(14))
JUDGED = (
    said("1", 2, 11, Verdict.AGREED),
    said("2", 2, 8, Verdict.AGREED),
    said("2", 9, 11, Verdict.DIFFERS, reason=BEHIND, currency="EUR", monthly=Decimal("10.00")),
    said("3", 2, 9, Verdict.AGREED),
    said("3", 10, 11, Verdict.DIFFERS, reason=BEHIND, currency="CHF", monthly=Decimal("-3.50")),
)
"""Three lines on ten days: 25 of 30 line-days agree, 83.3 %."""


def compared(*judgements: Judgement) -> Compared:
    found = agreements(judgements, BesideSettings())
    return Compared(found, {"10": "Managed Workstation"}, {"2": "Ateliers Morel"}, BesideSettings(), on(14), None)


def written(found: Compared, language: str = "en") -> str:
    out = StringIO()
    write_compared(Console(file=out, width=140), found, Sentences.for_language(language))
    return out.getvalue().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_the_share_is_cut_and_amounts_of_two_currencies_are_never_added() -> None:
    shown = written(compared(*JUDGED))
    assert "Managed Workstation (10): 83.3% agreed" in shown
    assert "25 of 30 line-days, 3 lines, 2 Nov 2026 to 11 Nov 2026" in shown
    assert "Still standing: \N{MINUS SIGN}3.50 CHF a month" in shown
    assert "Still standing: +10.00 EUR a month" in shown
    assert "6.50" not in shown
    assert "Not ready: 83.3% agreed, 95% are needed." in shown


def test_a_single_line_day_that_differs_is_never_rounded_to_a_hundred_percent() -> None:
    many = [said(str(line), 1, 10, Verdict.AGREED) for line in range(1, 400)]
    one = said("400", 1, 1, Verdict.DIFFERS, reason=BEHIND)
    assert "99.9% agreed" in written(compared(*many, one))


def test_a_service_that_is_ready_is_shown_with_the_command_that_switches_it_and_the_way_back() -> None:
    shown = written(compared(said("1", 2, 11, Verdict.AGREED)))
    assert "100% agreed" in shown
    assert "trueup rules set --service 10 --mode manual" in shown
    assert "trueup rules set --service 10 --mode read-only" in shown


def test_a_line_that_nobody_can_explain_keeps_its_service_from_being_ready() -> None:
    strange = Reason.of("compare.unexplained", difference=3)
    judged = (said("1", 1, 30, Verdict.AGREED), said("2", 30, 30, Verdict.DIFFERS, reason=strange))
    (found,) = compared(*judged).services
    assert (found.share, found.verdict) == (Decimal("0.967"), Reason.of("compare.unclear_lines", lines=1))


def test_the_answer_in_french() -> None:
    shown = written(compared(*JUDGED), "fr")
    assert "83,3 % concordent" in shown
    assert "25 sur 30 jours-lignes" in shown
    assert "le PSA n'a pas suivi le changement du 14 nov. 2026" in " ".join(shown.split())


def test_nothing_compared_says_when_the_first_answer_comes() -> None:
    assert "3 days after it" in written(compared())


def test_json_has_exact_amounts_by_currency_and_every_difference() -> None:
    (service,) = compared_document(compared(*JUDGED), Sentences.for_language("en"))["services"]  # type: ignore[misc, union-attr]
    assert isinstance(service, dict)
    assert (service["share"], service["agreed"], service["differing"]) == ("0.833", 25, 5)
    assert service["standing"] == [
        {"currency": "CHF", "amount_per_month": "-3.50"},
        {"currency": "EUR", "amount_per_month": "10.00"},
    ]
    assert isinstance(service["differences"], list)
    assert len(service["differences"]) == 2


CONTESTED = ContestedLine(
    "2000",
    "Boulangerie Petit",
    "Managed Device",
    LineContest(
        (
            Departure(on(13), on(13), 22, 18, "a", "datto_rmm.desktop_laptop"),
            Departure(on(14), on(14), 22, 18, "b", "datto_rmm.desktop_laptop"),
        ),
        on(14),
    ),
)


def test_a_contested_line_is_shown_with_its_nights_and_what_a_person_may_say() -> None:
    out = StringIO()
    write_contested(Console(file=out, width=140), [CONTESTED], Sentences.for_language("en"))
    shown = out.getvalue()
    assert "13 Nov 2026: 18 from 13 Nov 2026 on, where 22 was agreed" in shown
    assert "each time the count of datto_rmm.desktop_laptop" in shown
    assert "trueup contested claim 2000" in shown
    assert "trueup rules set --line 2000 --exclude" in shown
    assert contested_plain(CONTESTED)["counted"] == "datto_rmm.desktop_laptop"
