"""How often Trueup would have agreed, service by service, and whether a service is ready to be switched over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Context, Decimal

from trueup.core.beside.comparison import Judgement, Verdict
from trueup.core.money import sum_by_currency
from trueup.core.reason import Reason
from trueup.core.settings import BesideSettings

_EXACT = Context(prec=40)
_TENTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of difference in a service: line-days and lines that it explains, and what the differences of these
    lines are worth a month, by currency."""

    code: str
    line_days: int
    lines: int
    monthly: Mapping[str | None, Decimal]


@dataclass(frozen=True, slots=True)
class ServiceAgreement:
    """One service over the days that were judged.

    A line-day is one line on one usage day. `share` is agreed line-days of all, cut (never rounded up) to a tenth of a
    percent, so that 100 % means all. `late` counts the agreed ones that the PSA showed only some nights later.
    `differences` are all others, newest first; `standing` those that still stood on the line's newest judged day, and
    `monthly` what these are worth, by currency.
    """

    service_id: str
    lines: int
    first: date
    last: date
    agreed: int
    late: int
    differing: int
    undecided: int
    share: Decimal
    causes: tuple[Cause, ...]
    differences: tuple[Judgement, ...]
    standing: tuple[Judgement, ...]
    monthly: Mapping[str | None, Decimal]
    verdict: Reason

    @property
    def days(self) -> int:
        """Usage days compared, first to last."""
        return (self.last - self.first).days + 1

    @property
    def ready(self) -> bool:
        """Whether the service may be switched over."""
        return self.verdict.code == "compare.ready"


def agreements(
    judgements: Iterable[Judgement], wanted: BesideSettings, since: date | None = None
) -> tuple[ServiceAgreement, ...]:
    """Every service with judged days from `since` on, by id."""
    by_service: dict[str, list[Judgement]] = defaultdict(list)
    for one in judgements:
        if since is None or one.last >= since:
            first = one.first if since is None else max(one.first, since)
            by_service[one.service_id].append(replace(one, first=first))
    return tuple(_service(service, found, wanted) for service, found in sorted(by_service.items()))


def _service(service: str, found: list[Judgement], wanted: BesideSettings) -> ServiceAgreement:
    days = {verdict: sum(one.days for one in found if one.verdict is verdict) for verdict in Verdict}
    late = sum(one.days for one in found if one.verdict is Verdict.AGREED and one.reason is not None)
    share = _EXACT.divide(Decimal(days[Verdict.AGREED]), Decimal(sum(days.values())))
    share = share.quantize(_TENTH, rounding=ROUND_DOWN, context=_EXACT)
    newest = _newest_by_line(found)
    standing = tuple(one for one in newest.values() if one.verdict is not Verdict.AGREED)
    first, last = min(one.first for one in found), max(one.last for one in found)
    others = [one for one in found if one.verdict is not Verdict.AGREED]
    return ServiceAgreement(
        service_id=service,
        lines=len(newest),
        first=first,
        last=last,
        agreed=days[Verdict.AGREED],
        late=late,
        differing=days[Verdict.DIFFERS],
        undecided=days[Verdict.UNDECIDED],
        share=share,
        causes=_causes(others),
        differences=tuple(sorted(others, key=lambda one: (-one.last.toordinal(), one.line_id))),
        standing=standing,
        monthly=_worth(standing),
        verdict=_readiness((last - first).days + 1, share, standing, service, wanted),
    )


def _newest_by_line(found: Iterable[Judgement]) -> Mapping[str, Judgement]:
    newest: dict[str, Judgement] = {}
    for one in found:
        known = newest.get(one.line_id)
        if known is None or one.last > known.last:
            newest[one.line_id] = one
    return newest


def _worth(found: Iterable[Judgement]) -> Mapping[str | None, Decimal]:
    return sum_by_currency((one.currency, one.monthly) for one in found if one.monthly is not None)


def _causes(found: Iterable[Judgement]) -> tuple[Cause, ...]:
    by_code: dict[str, list[Judgement]] = defaultdict(list)
    for one in found:
        if one.reason is not None:
            by_code[one.reason.code].append(one)
    made = (
        Cause(code, sum(one.days for one in group), len({one.line_id for one in group}), _worth(newest.values()))
        for code, group in by_code.items()
        for newest in (_newest_by_line(group),)
    )
    return tuple(sorted(made, key=lambda cause: (-cause.line_days, cause.code)))


def _readiness(
    days: int, share: Decimal, standing: tuple[Judgement, ...], service: str, wanted: BesideSettings
) -> Reason:
    """Ready, or the first thing that is missing."""
    if days < wanted.ready_days:
        return Reason.of("compare.too_few_nights", days=days, needed=wanted.ready_days)
    if share < wanted.ready_share:
        return Reason.of("compare.share_too_low", share=share, needed=wanted.ready_share)
    open_lines = sum(1 for one in standing if one.reason is None or one.reason.code in _UNCLEAR)
    if open_lines:
        return Reason.of("compare.unclear_lines", lines=open_lines)
    return Reason.of("compare.ready", service=service)


_UNCLEAR = frozenset({"compare.unexplained", "compare.unmapped", "compare.undecided", "compare.source_silent"})
"""Causes that a person should look into before a service is switched over."""
