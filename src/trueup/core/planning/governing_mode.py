"""Who may write a line: the mode of its narrowest rule that names one, else the tenant's.

A rule for one customer that says nothing about the mode follows the service's rule, so that a service can be switched
over alone while the tenant stays read-only (docs/decisions/0080-mode-of-a-line.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from trueup.core.rule import Mode, Rule, governing_rule


def governing_mode(
    rules: Iterable[Rule],
    tenant: Mode,
    *,
    service_id: str,
    customer_id: str,
    contract_id: str,
    line_id: str,
    contracts_before: tuple[str, ...] = (),
    lines_before: tuple[str, ...] = (),
) -> Mode:
    """The mode of a line: line before contract before customer before service before the tenant's own. What a contract
    and a line go on for after renewals counts as in `governing_rule`."""
    naming = tuple(rule for rule in rules if rule.mode is not None)
    found = governing_rule(
        naming,
        service_id=service_id,
        customer_id=customer_id,
        contract_id=contract_id,
        line_id=line_id,
        contracts_before=contracts_before,
        lines_before=lines_before,
    )
    return tenant if found is None or found.mode is None else found.mode
