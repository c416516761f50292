"""The acceptance case of a file that holds one key twice; docs/acceptance.md lists all cases."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.scenarios.msp import FIRST, GROWN, GROWTH, MIXED, SMALL, of_line, open_msp
from tests.scenarios.usage_files import BAKERY, GARAGE, SOURCE, Distributor, text_of

from trueup.core.rule import Rule, RuleLevel


def test_duplicate_key_in_a_file(tmp_path: Path) -> None:
    """Elsewhere a row that is there twice is billed twice, or stops the import for everybody.
    Trueup rejects it with its line: that customer's line waits, the others move; a profile may say `sum`."""
    with open_msp(tmp_path) as msp:
        files = Distributor(msp, tmp_path)
        files.deliver(FIRST, {GARAGE: 11, BAKERY: 20})
        with msp.stage.open() as ws:
            for line, service, customer, name in ((SMALL, "10", "3", GARAGE), (MIXED, "12", "2", BAKERY)):
                rule = Rule(f"line-{line}", RuleLevel.LINE, service, str(line), "distributor.seats", cutover=FIRST)
                ws.store.rules.save(rule, "tests", now=ws.now())
                ws.store.customers.map(SOURCE, name, customer, "tests", now=ws.now())
        msp.set_up()
        msp.night(GROWN)
        msp.collect(GROWTH)
        # the garage's 6 seats stand there twice: 6 seats, or two subscriptions of 6?
        text = text_of(GROWN, {GARAGE: 6, BAKERY: 21}) + f"{GARAGE};Seats;6;{GROWN}\n"
        result = files.take(text)
        assert [(row.line, row.reason.code, row.reason.get("first")) for row in result.rejected] == [
            (4, "file.row_duplicate", 2)
        ]
        plan = msp.plan()
        assert of_line(plan, SMALL).adjustments == ()
        # the bakery: +1 at 9.00 from 12 November, 19 of 30 days: 9.00 x 19 / 30 = 5.70
        assert (of_line(plan, MIXED).after, of_line(plan, MIXED).amount) == (21, Decimal("5.70"))
        msp.approve(plan, {MIXED})
        msp.apply(plan)
        assert (msp.psa.units(SMALL, GROWN), msp.psa.units(MIXED, GROWN)) == (11, 21)
        files.set(duplicates="sum")
        assert files.take(text).rejected == ()
        plan = msp.plan()
        # the garage: 12 instead of 11 at 12.00, 19 of 30 days: 7.60
        assert (of_line(plan, SMALL).after, of_line(plan, SMALL).amount) == (12, Decimal("7.60"))
