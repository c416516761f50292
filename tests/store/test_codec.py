from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, Line, LineKind, PeriodType, Service, UnitStep
from trueup.core.outcome import Adjustment, EntryKind, Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import (
    Basis,
    FlagMeaning,
    FutureSteps,
    Mode,
    Override,
    QuantityPolicy,
    Rounding,
    Rule,
    RuleLevel,
    Scope,
    ScopeKind,
    Timing,
    TimingPolicy,
    Window,
)
from trueup.core.settings import TenantSettings, Thresholds
from trueup.core.usage import Failure, FailureCategory
from trueup.store.codec import attributes_from, attributes_text, decode, encode, exact_text
from trueup.store.errors import StoreError

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
days = st.dates()
whole = st.integers(-(2**70), 2**70)
units = st.integers(-1000, 100_000)
reasons = st.builds(
    lambda code, params: Reason.of(code, **params),
    words,
    st.dictionaries(words, st.one_of(words, whole, decimals, days, st.none(), st.booleans()), max_size=4),
)
policies = st.builds(
    QuantityPolicy,
    basis=st.sampled_from(Basis),
    window=st.sampled_from(Window),
    day=st.none() | st.integers(1, 31),
    included=decimals,
    multiplier=decimals,
    rounding=st.sampled_from(Rounding),
    minimum=st.none() | units,
    minimum_until=st.none() | days,
    only_if_used=st.booleans(),
)
timings = st.builds(
    TimingPolicy,
    increase=st.sampled_from(Timing),
    decrease=st.sampled_from(Timing),
    future_steps=st.sampled_from(FutureSteps),
)
scopes = st.builds(
    Scope,
    kind=st.sampled_from(ScopeKind),
    customers=st.lists(words, max_size=3).map(tuple),
    organizations=st.lists(st.tuples(words, words), max_size=3).map(tuple),
)
rules = st.builds(
    Rule,
    id=words,
    level=st.sampled_from(RuleLevel),
    service_id=words,
    target=words,
    quantity=words,
    policy=policies,
    timing=timings,
    scope=scopes,
    flag_meaning=st.sampled_from(FlagMeaning),
    override=st.none() | st.builds(Override, units, words, st.none() | days, st.none() | days),
    exclude=st.booleans(),
    mode=st.none() | st.sampled_from(Mode),
    cutover=st.none() | days,
    version=st.integers(1, 100),
)
tenant_settings = st.builds(
    TenantSettings,
    name=words,
    currency=st.none() | words,
    day_close=st.times().map(lambda found: found.replace(fold=0)),
    mode=st.sampled_from(Mode),
    thresholds=st.builds(Thresholds, line_fall_share=decimals, customer_amount=decimals),
    onboarding=st.lists(st.tuples(words, days), max_size=3).map(tuple),
)
steps = st.lists(st.builds(UnitStep, days, units), max_size=3).map(tuple)
adjustments = st.builds(Adjustment, words, days, units, st.none() | decimals, st.none() | decimals)
outcomes = st.builds(
    Outcome,
    line_id=words,
    status=st.sampled_from(OutcomeStatus),
    customer_id=words,
    contract_id=words,
    service_id=words,
    before=st.none() | units,
    after=st.none() | units,
    effective=st.none() | days,
    adjustments=st.lists(adjustments, max_size=2).map(tuple),
    reasons=st.lists(reasons, max_size=3).map(tuple),
    steps=st.lists(reasons, max_size=3).map(tuple),
    price=st.none() | decimals,
    kind=st.sampled_from(EntryKind),
    expected=steps,
    releasable=st.lists(words, max_size=2).map(tuple),
)


def _exactly(value: object) -> object:
    """Equal values of different types or with other zeros behind the point show here."""
    return repr(value)


@given(
    st.one_of(rules, tenant_settings, reasons, outcomes, st.builds(KnownUnits, steps, days, steps, st.none() | days))
)
def test_what_is_written_comes_back_the_same_to_the_last_digit(value: object):
    assert _exactly(decode(encode(value), type(value))) == _exactly(value)


@given(st.lists(reasons, max_size=3).map(tuple))
def test_several_reasons_come_back_in_their_order(value: tuple[Reason, ...]):
    assert _exactly(decode(encode(value, tuple[Reason, ...]), tuple[Reason, ...])) == _exactly(value)


@given(st.lists(st.one_of(words, decimals, days, st.none(), st.booleans()), max_size=5).map(tuple))
def test_attributes_keep_their_types_and_numbers(value: tuple[object, ...]):
    found = attributes_from(attributes_text(value))
    assert [(type(one), one) for one in found] == [(type(one), one) for one in value]


@given(decimals)
def test_the_shortest_text_is_the_same_number_for_all_its_spellings(value: Decimal):
    text = exact_text(value)
    assert Decimal(text) == value
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if -50 < exponent < 50:
        assert exact_text(Decimal((sign, (*digits, 0, 0), exponent - 2))) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("-0", "0"), ("0.00", "0"), ("10", "10"), ("1E+1", "10"), ("2.50", "2.5"), ("-1.10", "-1.1")],
)
def test_numbers_are_written_short(value: str, text: str):
    assert exact_text(Decimal(value)) == text


def test_a_huge_exponent_does_not_become_a_huge_text():
    assert len(exact_text(Decimal("1e999999"))) < 20


def test_text_that_looks_like_a_day_or_a_number_stays_text():
    reason = Reason.of("x", a="2026-01-01", b="1.50", c=date(2026, 1, 1), d=Decimal("1.50"), e="d1.50", f="")
    assert decode(encode(reason), Reason).params == reason.params
    assert [type(value) for _, value in decode(encode(reason), Reason).params] == [str, str, date, Decimal, str, str]


def test_no_float_is_ever_kept():
    with pytest.raises(TypeError):
        encode(Reason("x", (("a", 1.5),)))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        attributes_text((1.5,))


def test_money_is_written_as_text_and_enumerations_as_words():
    line = Line("1", "2", "3", LineKind.BUNDLE, Decimal("4.50"))
    assert json.loads(encode(line))["price"] == "4.50"
    assert json.loads(encode(line))["kind"] == "bundle"
    assert json.loads(encode(TenantSettings(day_close=time(6))))["day_close"] == "06:00:00"


def test_psa_values_come_back():
    for value in (
        Contract("1", "2", "n", date(2026, 1, 1), None, PeriodType.SEMI_ANNUAL),
        Service("1", "n", price=Decimal("1.10"), period=PeriodType.YEARLY),
        Failure(FailureCategory.PERMISSION, Reason.of("x", share=Decimal("0.50"))),
    ):
        assert _exactly(decode(encode(value), type(value))) == _exactly(value)


def test_a_row_from_an_older_version_gets_the_defaults_of_new_fields():
    old = json.loads(encode(Outcome("1", OutcomeStatus.NONE, "c", "k", "s", 1, 1, None, steps=(Reason.of("x"),))))
    for name in ("steps", "reasons", "releasable", "mode", "expected"):
        del old[name]
    found = decode(json.dumps(old), Outcome)
    assert (found.steps, found.reasons, found.releasable, found.mode) == ((), (), (), "manual")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 1}', '["x", "a", "zq"]', '["x", "a", "dNo"]'])
def test_a_row_that_cannot_be_read_is_named(text: str):
    for kind in (Rule, Outcome) if text.startswith("{") or not text or text == "[]" else (Reason,):
        with pytest.raises(StoreError) as caught:
            decode(text, kind)
        assert caught.value.reason.code == "store.unreadable"
