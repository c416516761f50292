"""A billing administrator's desk: a small MSP on running simulators, and the command line as it is typed.

The command line has the machine's clock, so the days of this MSP hang on it: in the tenant's time zone it is always
between two and three at night, and the usage day that a command collects is the day before. The night before that one
is on record already: what is there must survive whatever the tests break.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from tests.ledger.stage import RMM, Psa, Rmm, Stage, staged
from tests.places import copy_of
from tests.scenarios.msp import RULES, UNITS, USAGE, psa_content

from trueup.app.clock import FixedClock
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import CollectResult, collect
from trueup.app.workspace import Workspace, open_workspace
from trueup.cli.main import main
from trueup.core.outcome import Plan
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import TenantSettings
from trueup.messages.catalogue import messages_of

T = TypeVar("T")
DAY = timedelta(days=1)
NOW = datetime.now(UTC)
_AHEAD = (2 - NOW.hour) % 24
OFFSET = _AHEAD if _AHEAD <= 14 else _AHEAD - 24
ZONE = f"Etc/GMT{-OFFSET:+d}" if OFFSET else "Etc/GMT"
TODAY = (NOW + timedelta(hours=OFFSET)).date()
USAGE_DAY = TODAY - DAY
DAY_BEFORE = USAGE_DAY - DAY
DOCUMENTED = Path(__file__).parents[2] / "docs" / "codes.md"
CODE = re.compile(r"\[([a-z]\w*(?:\.\w+)+)\]")
SECRETS = ("a-secret-of-the-tests", "CODEOFTHETESTS", "api@msp.example")
_ENGLISH = re.compile(
    r"\b(the|is|are|was|were|with|and|cannot|this|that|from|which|of|has|have|you|your|must|not|be|known|or)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|«[^»]*»|\S*[/\\@=_]\S*|--[\w-]+")


def first_of_month(day: date, months: int) -> date:
    """The first day of the month so many months from a day's."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def content() -> dict[str, object]:
    """The PSA: monthly contracts around today, posted through the month before last."""
    start, end = first_of_month(TODAY, -12), first_of_month(TODAY, 24) - DAY
    dates = {
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "posted_through": (first_of_month(DAY_BEFORE, -1) - DAY).isoformat(),
    }
    made = psa_content()
    made["contracts"] = [{**contract, **dates} for contract in made["contracts"]]  # type: ignore[attr-defined]
    made["lines"] = [
        {**line, "units": {start.isoformat(): UNITS[line["id"]]}}
        for line in made["lines"]  # type: ignore[attr-defined]
    ]
    return made


@cache
def documented() -> frozenset[str]:
    """Every code that a person can look up: docs/codes.md, which is made from the catalogue of messages."""
    if DOCUMENTED.exists():
        return frozenset(re.findall(r"`([a-z]\w*(?:\.\w+)+)`", DOCUMENTED.read_text(encoding="utf-8")))
    return frozenset((*messages_of("en"), *messages_of("help.en")))


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str
    language: str = "en"

    @property
    def text(self) -> str:
        """Everything on one line, however it was wrapped."""
        return " ".join((self.out + " " + self.err).split())

    @property
    def codes(self) -> list[str]:
        """The codes in brackets."""
        return CODE.findall(self.text)

    def document(self) -> dict[str, object]:
        """Standard output, which must be one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def error(self) -> dict[str, object]:
        """The error on standard error, of a command with --json. Progress has no place there."""
        found = json.loads(self.err)["error"]
        assert isinstance(found, dict)
        return found

    def decent(self) -> Said:
        """No traceback, no secret, every code documented, and in French no English sentence."""
        for part in ("Traceback (most recent", 'File "', *SECRETS):
            assert part not in self.out + self.err, f"{part!r} in {self.text}"
        for code in self.codes:
            assert code in documented(), f"{code} is not documented"
        if self.language == "fr":
            english_in(self.text)
        return self


def english_in(text: str) -> None:
    """Fail where a text has words that only English has; what a person or a vendor gave does not count."""
    bare = _GIVEN.sub(" ", CODE.sub(" ", text))
    found = _ENGLISH.findall(bare)
    assert not found, f"English ({', '.join(found)}) in: {text}"


def typed(*arguments: str, lang: str = "en", given: str = "") -> Said:
    """A command line in this process: the same entry, without starting Python anew."""
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(given)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["--lang", lang, *arguments])
    finally:
        sys.stdin = before
    return Said(code, out.getvalue(), err.getvalue(), lang).decent()


def begun(*arguments: str, lang: str = "en", env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A command line as a process of its own, started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUEUP_")}
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "trueup", "--lang", lang, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**kept, "COLUMNS": "120", **(env or {})},
    )


def ended(process: subprocess.Popen[str], lang: str = "en", given: str | None = None) -> Said:
    """What it answered."""
    out, err = process.communicate(given, timeout=120)
    return Said(process.returncode, out, err, lang).decent()


def run(*arguments: str, lang: str = "en", given: str | None = None, env: Mapping[str, str] | None = None) -> Said:
    """A command line as a process of its own, to its end."""
    return ended(begun(*arguments, lang=lang, env=env), lang, given)


class Desk:
    """A store of the MSP beside its two simulators."""

    def __init__(self, stage: Stage, where: str) -> None:
        self.stage = stage
        self.where = where

    @property
    def psa(self) -> Psa:
        return self.stage.psa

    @property
    def rmm(self) -> Rmm:
        return self.stage.rmm

    @contextlib.contextmanager
    def copy(self, folder: Path) -> Iterator[Desk]:
        """The same MSP with a store of its own, beside the same simulators."""
        with copy_of(self.where, folder / "copy.db") as where:
            yield Desk(self.stage, where)

    @property
    def options(self) -> tuple[str, ...]:
        return "--store", self.where, "--key-file", str(self.stage.key_file)

    def typed(self, *arguments: str, lang: str = "en", given: str = "") -> Said:
        """A command line at this desk."""
        return typed(*self.options, *arguments, lang=lang, given=given)

    def run(self, *arguments: str, lang: str = "en", given: str | None = None) -> Said:
        """The same as a process of its own."""
        return run(*self.options, *arguments, lang=lang, given=given)

    @contextlib.contextmanager
    def open(self, moment: datetime = NOW) -> Iterator[Workspace]:
        """The use cases at this desk, with short waits."""
        opened = open_workspace(
            self.where, self.stage.key, clock=FixedClock(moment), actor="tests", accounts=self.stage.accounts
        )
        with opened as ws:
            yield ws

    def work(self, use: Callable[[Workspace], Coroutine[object, object, T]], moment: datetime = NOW) -> T:
        async def whole() -> T:
            return await use(ws)

        with self.open(moment) as ws:
            return asyncio.run(whole())

    def collect(self) -> CollectResult:
        (found,) = self.work(collect)
        return found

    def plan(self) -> Plan:
        return self.work(make_plan)

    def set_up(self) -> Desk:
        """Rules, the night before the last, mappings, and a plan that agrees with every line."""
        moment = NOW - DAY
        with self.open(moment) as ws:
            for service, quantity in RULES.items():
                rule = Rule(
                    f"rule-{service}", RuleLevel.SERVICE, str(service), str(service), quantity, cutover=DAY_BEFORE
                )
                ws.store.rules.save(rule, "tests", now=ws.now())
        self.rmm.show(USAGE)
        self.work(collect, moment)
        with self.open(moment) as ws:
            for found in ws.store.usage.organizations(RMM):
                customer = str(list(USAGE).index(found.organization.name) + 1)
                ws.store.customers.map(RMM, found.organization.key, customer, "tests", now=ws.now())
        first = self.work(make_plan, moment)
        assert not any(outcome.adjustments for outcome in first.outcomes)
        return self

    def use_module_at(self, url: str) -> None:
        """Let the module's connection go to another address."""
        with self.open() as ws:
            settings = dict(ws.store.connections.get(RMM).settings)
            ws.store.connections.update(RMM, {**settings, "base_url": url}, dict(self.rmm.sim.credentials), now=NOW)

    def use_psa_at(self, url: str) -> None:
        """Let the PSA's connection go to another address."""
        with self.open() as ws:
            settings = dict(ws.store.connections.get("psa").settings)
            secret = dict(self.psa.sim.credentials)
            ws.store.connections.update("psa", {**settings, "zone_lookup_url": url}, secret, now=NOW)

    def kept(self) -> dict[str, object]:
        """All that the day before holds: readings, items, organizations, and the units in the PSA."""
        with self.open() as ws:
            usage = ws.store.usage
            return {
                "readings": sorted(
                    (str(found.metric), str(found.organization), str(found.value), found.coverage.value)
                    for found in usage.readings(DAY_BEFORE, DAY_BEFORE)
                ),
                "items": [
                    sorted(usage.items(DAY_BEFORE, RMM, stream), key=str) for stream in sorted(usage.streams(RMM))
                ],
                "organizations": sorted(
                    (found.organization.key, found.organization.name, str(found.gone_since))
                    for found in usage.organizations(RMM)
                ),
                "mappings": sorted(ws.store.customers.mappings(), key=str),
                "rules": sorted(ws.store.rules.list(), key=str),
                "adjustments": self.psa.accepted(),
                "units": self.psa.dump()["rows"],
            }

    def changes(self, plan: Plan) -> dict[int, int]:
        """What a plan would send: line and change."""
        return {
            int(outcome.line_id): sum(adjustment.change for adjustment in outcome.adjustments)
            for outcome in plan.outcomes
            if outcome.adjustments
        }


GROWN_CHANGES = {1000: 1, 2000: 2, 3000: 1}


@contextlib.contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A desk of its own, set up, before the last night."""
    settings = TenantSettings(mode=Mode.MANUAL, time_zone=ZONE, currency="EUR")
    with staged(folder, TODAY, content(), settings) as stage:
        yield Desk(stage, stage.where).set_up()
