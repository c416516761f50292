"""Whether periods are posted before their units are decided: a live look at the posted marks of some lines' rows."""

from __future__ import annotations

from datetime import date, timedelta

from trueup.app.clock import usage_day
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Line
from trueup.core.dates.posting_lead import is_bound, posted_early
from trueup.core.dates.succession import Succession
from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Reason
from trueup.core.rule import Rule, governing_rule
from trueup.psa.port import PsaReadError

POSTING = "check.posting"
LOOKED_AT = 60
"""How many lines are looked at, spread over all; their rows fit one page."""
_BACK, _AHEAD = timedelta(days=100), timedelta(days=40)
_USUALLY = 2
"""One period in so many that is posted early counts as usual."""

Governed = tuple[Rule, Contract, Line]


def _governed(ws: Workspace) -> tuple[tuple[Governed, ...], date]:
    """Lines whose rule decides for the next period or month, with the present usage day."""
    store = ws.store
    with store.reading():
        rules = store.rules.list()
        today = usage_day(ws.now(), store.settings.get())
        if not any(is_bound(rule) for rule in rules):
            return (), today
        renewed = Succession.of(store.renewals.list())
        contracts = {contract.id: contract for contract in store.psa.contracts()}
        found: list[Governed] = []
        for line in store.psa.lines():
            contract = contracts.get(line.contract_id)
            rule = governing_rule(rules, **renewed.place(line, contract)) if contract is not None else None
            if contract is not None and rule is not None and is_bound(rule):
                found.append((rule, contract, line))
        return tuple(found), today


async def posting_findings(ws: Workspace) -> tuple[Finding, ...]:
    """One finding where rules decide for the next period; one call of the PSA. Nothing where no rule does."""
    governed, today = await ws.step(_governed, ws)
    if not governed:
        return ()
    some = governed[:: -(-len(governed) // LOOKED_AT)]
    try:
        async with ws.psa() as psa:
            rows = dict(await psa.read_units([line.id for _, _, line in some], today - _BACK, today + _AHEAD))
    except PsaReadError as error:
        reason = Reason.of("check.posting.not_asked", failure=error.failure.reason.code)
        return (Finding(POSTING, FindingState.SKIPPED, reason),)
    found = posted_early((rule, contract, rows.get(line.id, ())) for rule, contract, line in some)
    if found is None:
        return (Finding(POSTING, FindingState.OK, Reason.of("check.posting.none", lines=len(some))),)
    if found.early * _USUALLY < found.posted:
        return (Finding(POSTING, FindingState.OK, Reason.of("check.posting.ok", posted=found.posted)),)
    numbers = {"posted": found.posted, "early": found.early, "days": found.cutoff_days}
    cure = Reason.of("cure.check.posting.early", days=found.cutoff_days)
    return (Finding(POSTING, FindingState.WARNING, Reason.of("check.posting.early", **numbers), cure),)
