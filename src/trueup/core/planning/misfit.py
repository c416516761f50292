"""What a rule cannot be for a line, whatever was measured."""

from __future__ import annotations

from collections.abc import Iterable

from trueup.core.contract import MOST_UNITS, PeriodType, UnitStep
from trueup.core.reason import Reason
from trueup.core.rule import TimingPolicy


def fits_a_psa(units: int | None) -> bool:
    """Whether so many units can stand on a line."""
    return units is None or units <= MOST_UNITS


def misfit_of(timing: TimingPolicy, months: int, levels: Iterable[UnitStep]) -> Reason | None:
    """Why the rule does not fit a line with periods of so many months and these levels ahead; None where it does."""
    most = max((level.units for level in levels), default=0)
    if not fits_a_psa(most):
        return Reason.of("held.too_many_units", units=most, most=MOST_UNITS)
    if timing.monthly_only and months != PeriodType.MONTHLY:
        return Reason.of("held.needs_choice", months=months)
    return None
