"""One list: decoding a page of it, refusing one that carries an error, and whether the whole of it was read.

docs/decisions/0031-when-a-list-is-whole.md says what counts as whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import UNSET

from trueup.core.reason import Reason
from trueup.modules.catalogue_schema import BodyErrors, Totals
from trueup.modules.extraction import Extractor, Page, refuse_missing
from trueup.modules.failures import source_error
from trueup.modules.field_values import whole


@dataclass(slots=True)
class Walked:
    """What a list said about itself: the totals on its pages, its rows as they came, and those that were new."""

    rows: int = 0
    distinct: int = 0
    totals: list[int] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """By how many rows the list visibly moved: its total changed, or rows came twice."""
        return max(self.totals) - min(self.totals) + max(0, self.rows - self.distinct)

    @property
    def doubtful(self) -> bool:
        """Whether a second look may show more than the first."""
        return bool(self.totals) and (self.distinct < self.totals[-1] or self.moved > 0)

    def checked(self, spec: Totals, name: str, tolerated: int) -> Reason | None:
        """A note where the list differs from its own total. Raises SourceError where it is shorter than it says,
        except by as much as it visibly moved while it was read."""
        if not self.totals:
            return None
        total, read, moved = self.totals[-1], self.distinct, self.moved
        if moved > total * spec.drift_permille // 1000 + 1:
            raise source_error("module.total_jumped", stream=name, first=self.totals[0], last=total, read=read)
        if read < total - max(moved, tolerated):
            raise source_error("module.list_short", stream=name, read=read, total=total)
        if read != total or moved:
            return Reason.of("module.total_differs", stream=name, read=read, total=total)
        return None


class PageDecoder:
    """Decodes a page and refuses one that carries an error or is shorter than it says."""

    def __init__(self, extractor: Extractor, errors: BodyErrors, totals: Totals) -> None:
        self._extractor = extractor
        self._errors = errors
        self._totals = totals

    def __call__(self, body: bytes) -> Page:
        """The page of a body. Raises SourceError."""
        page = self._extractor.page(body)
        outer, errors = page.outer, self._errors
        found = outer.get("error", UNSET)
        failed = errors.error is not None and found not in (UNSET, None, False, "")
        if errors.success is not None:
            failed = failed or outer.get("success", UNSET) not in (True, "OK", "ok", "true", "success")
        if failed:
            status = whole(outer.get("status", UNSET))
            raise source_error("module.error_in_body", status=status)
        refuse_missing(page)
        said = whole(outer.get("page_rows", UNSET))
        if said is not None and len(page.rows) < said:
            raise source_error("module.page_short", read=len(page.rows), total=said).retrying()
        return page
