"""A statement as PDF, drawn by ReportLab with an embedded font. The same statement gives the same bytes.

The seal is a comment behind the end of the file, followed once more by the pointer that readers look for at the end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from trueup.app.statements.document import Document, Kind, Section, Table, shown

_PLAIN, _BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
_WIDTH: Final = A4[0] - 36 * mm - 12  # a frame keeps 6 points free on each side
_SEAL: Final = b"%trueup-seal "
_END: Final = re.compile(rb"startxref\s+\d+\s+%%EOF\s*$")
_OBJECT: Final = re.compile(rb"(?m)^(\d+) 0 obj\b.*?^endobj", re.DOTALL)
_PAGE: Final = re.compile(rb"/Type /Page\b(?!s)")
_CONTENTS: Final = re.compile(rb"/Contents (\d+) 0 R")
_GREY, _LINE, _WARN = colors.HexColor("#555555"), colors.HexColor("#BBBBBB"), colors.HexColor("#9A3412")
_LOGO: Final = (45 * mm, 16 * mm)


@cache
def _font(name: str) -> Any:  # noqa: ANN401 - ReportLab comes without types
    """The font of that name, registered once in the process."""
    data = files("trueup.app.statements").joinpath("fonts", f"{name}.ttf").read_bytes()
    font: Any = TTFont(name, io.BytesIO(data))
    pdfmetrics.registerFont(font)
    return font


def _style(size: float, name: str = _PLAIN, *, right: bool = False, **more: object) -> Any:  # noqa: ANN401
    leading = size * 1.3
    return ParagraphStyle(
        f"{name}-{size}-{right}", fontName=name, fontSize=size, leading=leading, alignment=2 if right else 0, **more
    )


def drawable(text: str) -> str:
    """The text with every character that the font lacks written as its number: nothing is dropped in silence."""
    known = _font(_PLAIN).face.charToGlyph
    return "".join(one if ord(one) in known or one == " " else f"[U+{ord(one):04X}]" for one in text)


def _words(text: str, style: Any) -> Any:  # noqa: ANN401
    return Paragraph(escape(drawable(text)).replace("\n", "<br/>"), style)


def _grid(table: Table, currency: str | None, document: Document) -> Any:  # noqa: ANN401
    total = sum(column.width for column in table.columns)
    right = [column.kind in (Kind.NUMBER, Kind.MONEY, Kind.PRICE) for column in table.columns]
    head = [
        _words(column.title, _style(7.5, right=flush, textColor=_GREY))
        for column, flush in zip(table.columns, right, strict=True)
    ]
    rows = [
        [
            _words(shown(cell, column.kind, currency, document.said), _style(8.5, right=flush))
            for cell, column, flush in zip(row, table.columns, right, strict=True)
        ]
        for row in table.rows
    ]
    grid: Any = Grid([head, *rows], colWidths=[_WIDTH * column.width / total for column in table.columns], repeatRows=1)
    grid.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.6, _GREY),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, _LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    return grid


def _logo(logo: bytes) -> Any:  # noqa: ANN401
    width, height = ImageReader(io.BytesIO(logo)).getSize()
    scale = min(_LOGO[0] / width, _LOGO[1] / height)
    return Image(io.BytesIO(logo), width * scale, height * scale, hAlign="LEFT")


def _top(document: Document, logo: bytes | None) -> list[Any]:
    story: list[Any] = [_logo(logo), Spacer(1, 4 * mm)] if logo else []
    story += [
        _words(document.msp, _style(10, textColor=_GREY)),
        _words(document.title, _style(16, _BOLD)),
        Spacer(1, 2 * mm),
    ]
    if document.provisional:
        story += [_words(document.provisional, _style(9.5, _BOLD, textColor=_WARN)), Spacer(1, 2 * mm)]
    story += [_pair(pair, document, _style(9)) for pair in document.head]
    story += [Spacer(1, 5 * mm), _words(document.summary.title, _style(11, _BOLD)), Spacer(1, 1 * mm)]
    story.append(_grid(document.summary, None, document))
    story.append(Spacer(1, 1 * mm))
    story += [_pair(pair, document, _style(10, _BOLD, right=True)) for pair in document.totals]
    return story


def _pair(pair: tuple[str, str], document: Document, style: Any) -> Any:  # noqa: ANN401
    return _words(document.said.text("statement.pair", name=pair[0], value=pair[1]), style)


def _section(section: Section, document: Document) -> list[Any]:
    title = f"{section.title} [{section.line_id}]"
    opening = [_words(title, _style(11, _BOLD)), _words(section.subtitle, _style(8, textColor=_GREY))]
    story: list[Any] = [Spacer(1, 6 * mm)]
    for place, table in enumerate(one for one in section.tables if one.rows):
        heading = [Spacer(1, 2 * mm), _words(table.title, _style(8.5, _BOLD)), _grid(table, section.currency, document)]
        whole = [*opening, *heading] if place == 0 else heading
        story += [KeepTogether(whole)] if len(table.rows) < 12 else whole
    return story if len(story) > 1 else [*story, *opening]


def write(document: Document, logo: bytes | None = None) -> bytes:
    """The file without its seal."""
    for name in (_PLAIN, _BOLD):
        _font(name)
    made = io.BytesIO()
    provisional = document.said.word("statement", "provisional").upper() if document.provisional else ""

    def frame(canvas: Any, template: Any) -> None:  # noqa: ANN401
        canvas.setFont(_PLAIN, 7.5)
        canvas.setFillColor(_GREY)
        foot = " - ".join(part for part in (provisional, document.msp, document.title) if part)
        canvas.drawString(18 * mm, 10 * mm, drawable(foot)[:110])
        number = document.said.text("statement.page", page=template.page, content=document.content[:16])
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, number)

    template = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=document.title,
        author=document.msp,
        lang=document.said.language,
        invariant=1,
        pageCompression=1,
        initialFontName=_PLAIN,
    )
    story = _top(document, logo)
    for section in document.sections:
        story += _section(section, document)
    template.build(story, onFirstPage=frame, onLaterPages=frame)
    return made.getvalue()


def with_seal(data: bytes, seal: str) -> bytes:
    """The file with its seal behind the end."""
    end = _END.search(data)
    pointer = end.group(0).strip() if end else b""
    return data + _SEAL + seal.encode("ascii") + b"\n" + pointer + b"\n"


def parts_of(data: bytes) -> tuple[Mapping[str, bytes], str | None]:
    """What each page draws, everything else together, and the word of the seal; None without one. What an editor adds
    stands behind the seal and is a part of its own."""
    body, mark, behind = data.rpartition(_SEAL)
    if not mark:
        body, behind = behind, b""
    seal, _, tail = behind.partition(b"\n")
    found: dict[str, bytes] = {}
    rest, place = io.BytesIO(), 0
    pages = _pages(body)
    for one in _OBJECT.finditer(body):
        name = pages.get(int(one[1]))
        if name is not None:
            found[name] = one.group(0)
            rest.write(body[place : one.start()])
            place = one.end()
    rest.write(body[place:])
    found["file"] = rest.getvalue()
    end = _END.search(body)
    if mark and tail.strip() != (end.group(0).strip() if end else b""):
        found["added"] = tail
    return found, seal.decode("ascii", errors="replace") if mark else None


def _pages(body: bytes) -> Mapping[int, str]:
    """Which object draws which page."""
    drawn = (_CONTENTS.search(one.group(0)) for one in _OBJECT.finditer(body) if _PAGE.search(one.group(0)))
    return {int(one[1]): f"page {number}" for number, one in enumerate(filter(None, drawn), 1)}
