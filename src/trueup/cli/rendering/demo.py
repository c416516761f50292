"""The demonstration, step by step, as a person watches it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from trueup.app.demonstration.playing import Demonstration
from trueup.app.demonstration.proof import LineTruth
from trueup.cli.rendering.demo_sources import write_sources, write_waiting
from trueup.cli.rendering.findings import write_failed
from trueup.cli.rendering.plan import in_currency, write_plan
from trueup.cli.rendering.runs import write_lines, write_proof
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences

R = TypeVar("R")
_PROOF_ROWS = 12


class Show:
    """Shows each step with its number and how long it took."""

    def __init__(self, console: Console, said: Sentences, demo: Demonstration, hub: str) -> None:
        self._console = console
        self._said = said
        self._demo = demo
        self._hub = hub
        self._currency = demo.workspace.store.settings.get().currency
        self._number = 0

    def _tell(self, key: str, **numbers: int | str) -> None:
        paragraph(self._console, self._said.text(key, **numbers))

    async def _step(self, key: str, work: Callable[[], Awaitable[R]]) -> R:
        self._number += 1
        self._console.print()
        self._console.print(Text(f"{self._number}. {self._said.text(f'cli.demo.{key}')}", style="bold"))
        began = time.monotonic()
        found = await work()
        tenths = round((time.monotonic() - began) * 10)
        self._console.print(
            Text(self._said.text("cli.demo.took", seconds=f"{tenths // 10}.{tenths % 10}"), style="dim")
        )
        return found

    async def run(self, psa: Mapping[str, str], module: Mapping[str, str]) -> bool:
        """The whole job; gives whether the PSA holds what was planned."""
        demo, console, said = self._demo, self._console, self._said
        ready = demo.ready
        self._tell(
            "cli.demo.msp",
            customers=ready.customers,
            devices=ready.devices,
            lines=ready.lines,
            tools=len(ready.tools) + len(demo.msp.reports),
        )
        self._tell("cli.demo.addresses", psa=ready.autotask_url, module=ready.datto_rmm_url)
        findings = await self._step("connect", lambda: demo.connect(psa, module))
        self._tell("cli.demo.answers", count=len(findings))
        sources = await self._step("collect", lambda: demo.collect_all(self._hub))
        self._tell("cli.demo.nights", first=said.day(demo.days[0]), last=said.day(demo.days[-1]))
        write_sources(console, sources, said)
        accepted, waiting = await self._step("match", demo.match)
        self._tell("cli.customers.accepted", count=accepted)
        self._tell("cli.customers.waiting", count=waiting)
        self._tell("cli.demo.rules_set", count=await self._step("rules", demo.set_rules))
        plan = await self._step("plan", demo.plan)
        write_plan(console, in_currency(plan, self._currency), said)
        write_failed(console, await self._step("check", demo.check), said)
        console.print()
        write_waiting(console, await demo.waiting(plan, sources), said)
        approved = await self._step("approve", lambda: demo.approve(plan))
        self._tell("cli.approve.done", plan=plan.id, lines=len(approved.outcomes))
        applied = await self._step("apply", lambda: demo.apply(plan))
        write_lines(console, applied.lines, said)
        proof = await self._step("verify", lambda: demo.verify(applied))
        write_proof(console, proof, said)
        truth = await self._step("proof", lambda: demo.proof(plan, approved))
        self._prove(truth, {outcome.line_id for outcome in approved.outcomes})
        return proof.right and all(line.equal for line in truth)

    def _prove(self, truth: tuple[LineTruth, ...], written: set[str]) -> None:
        said = self._said
        wrong = [line for line in truth if not line.equal]
        shown = wrong or [line for line in truth if line.line_id in written]
        titles = [said.text(f"cli.demo.{name}") for name in ("customer", "service", "planned", "held")]
        rows = [
            (line.customer_name, line.service_name, said.number(line.planned), said.number(line.held))
            for line in shown[:_PROOF_ROWS]
        ]
        write_table(self._console, titles, rows, right=(2, 3))
        if len(shown) > _PROOF_ROWS:
            self._tell("cli.more", count=len(shown) - _PROOF_ROWS)
        equal = len(truth) - len(wrong)
        style = "bold green" if not wrong else "bold red"
        self._console.print(Text(said.text("cli.demo.proved", equal=equal, lines=len(truth)), style=style))
