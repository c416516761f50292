"""Which customer of the PSA is this organization of a module? Suggestions with a score and the reason in a code.

A suggestion is never applied by itself: a person accepts one, or all above a score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trueup.core.contract import Customer
from trueup.core.naming import plain, without_legal_forms, word_set
from trueup.core.reason import Reason
from trueup.core.usage import ModuleOrganization

SAME_ID, SAME_NAME, SAME_BARE_NAME, SAME_WORDS = 100, 98, 95, 92
_SIMILAR_FROM = 80
_SIMILAR_SHARE = 0.9  # a similar name never reaches the score of an equal one
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A customer for one organization. `score` runs from 0 to 100; `sole` is false when another customer fits as well,
    and such a suggestion is never accepted in bulk."""

    organization: ModuleOrganization
    customer: Customer
    score: int
    reason: Reason
    sole: bool = True


class CustomerNames:
    """The PSA's customers indexed for matching; those that may not be mapped are left out from the start."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        offered = [customer for customer in customers if customer.active and customer.billable]
        self._by_id = {customer.id: customer for customer in offered}
        self._plain: dict[str, list[Customer]] = defaultdict(list)
        self._bare: dict[str, list[Customer]] = defaultdict(list)
        self._words: dict[tuple[str, ...], list[Customer]] = defaultdict(list)
        for customer in offered:
            self._plain[plain(customer.name)].append(customer)
            self._bare[without_legal_forms(customer.name)].append(customer)
            self._words[word_set(customer.name)].append(customer)
        self._sorted_names = {" ".join(words): found for words, found in self._words.items()}

    def suggest(self, organization: ModuleOrganization) -> tuple[Suggestion, ...]:
        """Customers that may be this organization, best first; empty where nothing is near enough."""
        hinted = self._by_id.get(organization.psa_hint or "")
        if hinted is not None:
            return (Suggestion(organization, hinted, SAME_ID, Reason.of("match.psa_id", id=hinted.id)),)
        for score, code, found in (
            (SAME_NAME, "match.same_name", self._plain.get(plain(organization.name))),
            (SAME_BARE_NAME, "match.same_bare_name", self._bare.get(without_legal_forms(organization.name))),
            (SAME_WORDS, "match.same_words", self._words.get(word_set(organization.name))),
        ):
            if found:
                return _listed(organization, [(customer, score, Reason.of(code)) for customer in found])
        return self._similar(organization)

    def _similar(self, organization: ModuleOrganization) -> tuple[Suggestion, ...]:
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - only where no name is the same

        wanted = " ".join(word_set(organization.name))
        near = process.extract(
            wanted,
            self._sorted_names.keys(),
            scorer=fuzz.token_sort_ratio,
            limit=_CANDIDATES,
            score_cutoff=_SIMILAR_FROM,
        )
        found = [
            (customer, round(likeness * _SIMILAR_SHARE), Reason.of("match.similar", likeness=round(likeness)))
            for name, likeness, _ in near
            for customer in self._sorted_names[name]
        ]
        return _listed(organization, found)


def _listed(organization: ModuleOrganization, found: Sequence[tuple[Customer, int, Reason]]) -> tuple[Suggestion, ...]:
    if not found:
        return ()
    best = max(score for _, score, _ in found)
    sole = sum(1 for _, score, _ in found if score == best) == 1
    ranked = sorted(found, key=lambda entry: (-entry[1], entry[0].name))
    return tuple(
        Suggestion(organization, customer, score, reason, sole and score == best) for customer, score, reason in ranked
    )
