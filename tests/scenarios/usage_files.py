"""The small MSP whose garage is billed for what a distributor's files say, beside what the RMM delivers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tests.scenarios.msp import SMALL, Msp

from trueup.app.usage.importing import Asked, ImportResult, import_file
from trueup.app.usage.profiles import save_profile
from trueup.core.rule import Rule, RuleLevel

SOURCE = "distributor"
PROFILE = {"organization": "Customer", "type": "Product", "quantity": "Qty", "day": "Day", "complete": "yes"}
GARAGE, BAKERY = "Garage du Lac", "Boulangerie Petit"


def text_of(day: date, counts: Mapping[str, int]) -> str:
    """A file of one day."""
    rows = "".join(f"{name};Seats;{count};{day}\n" for name, count in counts.items())
    return f"Customer;Product;Qty;Day\n{rows}"


class Distributor:
    """Writes files and delivers them."""

    def __init__(self, msp: Msp, folder: Path, **profile: str) -> None:
        self.msp = msp
        self.folder = folder
        self.set(**{**PROFILE, **profile})

    def set(self, **profile: str) -> None:
        self.msp.work(lambda ws: save_profile(ws, SOURCE, None, profile))

    def file(self, text: str, name: str = "usage.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def take(self, text: str, asked: Asked | None = None) -> ImportResult:
        path = self.file(text)
        return self.msp.work(lambda ws: import_file(ws, SOURCE, path, asked or Asked()))

    def deliver(self, day: date, counts: Mapping[str, int], asked: Asked | None = None) -> ImportResult:
        return self.take(text_of(day, counts), asked)

    def drive_the_garage(self, day: date) -> None:
        """The garage's line follows the seats of the file, which agree with its units on the first day."""
        self.deliver(day, {GARAGE: 11, BAKERY: 5})
        rule = Rule(f"line-{SMALL}", RuleLevel.LINE, "10", str(SMALL), "distributor.seats", cutover=day)
        with self.msp.stage.open() as ws:
            ws.store.rules.save(rule, "tests", now=ws.now())
            ws.store.customers.map(SOURCE, GARAGE, "3", "tests", now=ws.now())
