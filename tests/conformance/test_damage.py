"""What goes wrong on a vendor's side, for every module: the right coverage and category, and never a lowered count.

Each fault of the simulators' control plane is tried on every module that it can happen to. What must come of it stands
in `OUTCOMES`: the category of a failure, `partial`, or `right` (as if nothing had happened).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.conformance.accounts import DAY, KINDS, NIGHT, Tried
from tests.conformance.judging import expected_of, faults_of, figures, mine

from trueup.core.usage import Collection, Coverage
from trueup_simulators.modules import vendor_class
from trueup_simulators.modules.vendor import Setup

OUTCOMES: dict[str, set[str]] = {
    "missing_cursor": {"truncated", "schema_changed", "partial", "right"},
    "loop": {"truncated", "partial", "right"},  # right where the file numbers its pages itself
    "other_host": {"truncated", "partial", "right"},  # right where the file follows a cursor instead
    "filter_lost": {"right", "truncated"},
    "error_200": {"schema_changed", "partial", "unreachable", "rate_limited"},
    "child_fails": {"partial"},
    "count_as_text": {"right"},
    "mixed_units": {"right"},
    "too_many": {"right"},
    "block": {"rate_limited"},
    "expired_token": {"right", "credentials"},
    "network_rule": {"network_rule"},
    "half_body": {"right"},
    "drop": {"right"},
    "duplicate": {"right"},
    "null_organization": {"right"},
    "status": {"right"},
    "html": {"right"},
    "broken_json": {"right"},
}
ALWAYS_THE_SAME = {
    "loop": {},
    "child_fails": {"status": 404},
    "error_200": {"times": 0},
    "too_many": {"retry_after": 1},
}
"""How a fault is ordered where its default (once, or for ever) is not what the case is about."""


NOT_ASKED = {
    # what the vendor could get wrong in answers that the file does not ask for
    *((kind, "child_fails") for kind in ("datto_bcdr", "ncentral")),
    *(("duo_msp", fault) for fault in ("missing_cursor", "loop")),
    *((kind, fault) for kind in ("datto_edr", "datto_av") for fault in ("filter_lost", "count_as_text")),
    *((kind, "filter_lost") for kind in ("huntress", "ninjaone", "rocketcyber", "vsa10")),
}


def possible() -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        here = vendor_class(kind)(Setup()).possible_faults()
        yield from ((kind, fault) for fault in OUTCOMES if fault in here and (kind, fault) not in NOT_ASKED)


def outcome(tried: Tried, collection: Collection) -> str:
    """One word for what came of it; `right` only where every figure is."""
    if collection.failure is not None:
        assert (collection.readings, collection.inventories, collection.organizations) == ((), (), ())
        assert collection.coverage is Coverage.UNKNOWN
        return collection.failure.category.value
    if collection.coverage is Coverage.PARTIAL:
        return "partial"
    wrong = [fault for fault in faults_of(tried, collection) if not fault.startswith("note: ")]
    return "right" if not wrong else f"wrong: {wrong}"


def lowered(tried: Tried, collection: Collection) -> list[str]:
    """Figures that say that they are measured, and are lower than the truth."""
    read = {
        (reading.organization, reading.metric.partition(".")[2]): reading.value
        for reading in collection.readings
        if reading.coverage is Coverage.MEASURED
    }
    return [
        f"{organization}.{metric}: {read[organization, metric]} instead of {number}"
        for organization, counts in mine(tried).items()
        for metric, number in expected_of(tried.kind, counts).items()
        if (organization, metric) in read and read[organization, metric] < number
    ]


def assert_nothing_is_lost(tried: Tried, collection: Collection) -> None:
    """One item says no longer whose it is: it is shown below another key, never dropped."""
    assert collection.failure is None
    if collection.coverage is Coverage.PARTIAL:  # a list that is asked for each customer cannot be asked for nobody
        assert lowered(tried, collection) == []
        return
    read = figures(collection)
    for metric in {name for counts in mine(tried).values() for name in expected_of(tried.kind, counts)}:
        wanted = sum(expected_of(tried.kind, counts).get(metric, 0) for counts in mine(tried).values())
        assert sum(one.get(metric, 0) for one in read.values()) >= wanted, metric
    if set(read) != set(mine(tried)):
        codes = {note.code for note in collection.notes}
        assert codes & {"module.organization_missing", "module.organization_not_listed"} or tried.kind.startswith(
            "datto"
        )


@pytest.mark.parametrize(("kind", "fault"), list(possible()))
def test_a_fault_has_its_category_and_lowers_nothing(kind: str, fault: str) -> None:
    with Tried(kind) as tried:
        before = tried.counts
        tried.fault(fault, **ALWAYS_THE_SAME.get(fault, {}))
        collection = tried.collect()
        if not tried.struck(fault):
            pytest.fail(f"nothing that {kind} reads met {fault}")
        found = outcome(tried, collection)
        if fault == "null_organization":
            assert_nothing_is_lost(tried, collection)
            return
        assert found in OUTCOMES[fault], found
        assert lowered(tried, collection) == []
        assert tried.counts == before


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_for_everything_is_not_believed_after_a_full_one(kind: str) -> None:
    with Tried(kind) as tried:
        full = tried.collect()
        items = sum(len(inventory.items) for inventory in full.inventories)
        assert items > 0
        tried.fault("empty")
        collection = tried.collect(previous_total=items)
        assert tried.struck("empty")
    assert collection.failure is not None
    assert collection.failure.category.value in ("implausible", "schema_changed")
    assert collection.readings == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_in_the_middle_ends_the_run_and_keeps_trueup_away(kind: str) -> None:
    with Tried(kind) as tried:
        tried.fault("block", skip=1)
        module = tried.module()
        first = asyncio.run(module.collect(DAY, NIGHT))
        calls = len(tried.asked())
        second = asyncio.run(module.collect(DAY, NIGHT))
        assert len(tried.asked()) == calls, "nobody calls while the block lasts"
    for collection in (first, second):
        assert collection.failure is not None
        assert collection.failure.category.value == "rate_limited"
        assert collection.readings == ()
