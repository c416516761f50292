"""What a rule counts, by names that a person knows: Desktop, Laptop for `datto_rmm.desktop + datto_rmm.laptop`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from trueup.app.counting.vocabulary import Vocabulary
from trueup.app.rulebook.suggesting import module_label
from trueup.core.expression import ExpressionError, parse
from trueup.core.rule import Rule

_WORD: Final = re.compile(r"[\w.]+")


def type_labels(known: Vocabulary) -> Mapping[str, str]:
    """Billing type -> its name; a name that several modules use tells its module too."""
    labels = {key: kind.label for key, kind in known.types.items()}
    often = Counter(labels.values())
    return {
        key: f"{label} ({module_label(key.partition('.')[0])})" if often[label] > 1 else label
        for key, label in labels.items()
    }


def counted_names(known: Vocabulary, rule: Rule) -> tuple[str, ...]:
    """Names of the billing types behind a rule, and keys of metrics over items, in the order of the rule; nothing for
    a rule that counts nothing, or is not readable any more."""
    if rule.exclude or rule.mirror is not None:
        return ()
    try:
        expression = parse(rule.quantity)
    except ExpressionError:
        return ()
    written = list(dict.fromkeys(_WORD.findall(rule.quantity)))  # those behind a metric of one's own are not
    behind = known.base_types(expression)
    ordered = sorted(behind, key=lambda name: written.index(name) if name in written else len(written))
    labels = type_labels(known)
    return tuple(labels.get(name, name) for name in ordered)
