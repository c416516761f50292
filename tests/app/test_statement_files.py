"""Statement files on their own: what was altered shows, no name runs as a formula, equal content is equal bytes."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from openpyxl import load_workbook

from trueup.app.errors import UseCaseError
from trueup.app.statements import csv_file, pdf_file, workbook_file
from trueup.app.statements.document import Document, document
from trueup.app.statements.pdf_file import drawable
from trueup.app.statements.sealing import (
    FORMATS,
    check,
    fingerprint,
    new_pair,
    public_key_from,
    public_key_text,
    sealed,
)
from trueup.core.reason import Reason
from trueup.core.statements.statement import CountMove, Statement, StatementLine, UnitMove, UnitSpan
from trueup.messages.sentences import Sentences

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
PAIR = new_pair()
KEYS = {PAIR.id: PAIR.public}
NASTY = ("=1+1", "+A1", "-2+3", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")')


def line(number: int, *names: str) -> StatementLine:
    moves = tuple(
        CountMove(FIRST + timedelta(days=day), "Laptop", Decimal(day), Decimal(day + 1), came=names) for day in range(9)
    )
    return StatementLine(
        str(number), "C100", "Workstation", "EUR", Decimal("22.3333"), "datto_rmm.laptop",
        (UnitSpan(FIRST, LAST, 12, Decimal("268.00")),),
        moves,
        (UnitMove(FIRST, 11, 12, (Reason.of("change.increase", change=1),), "anna", LAST),),
    )  # fmt: skip


LINES = (line(1, "pc-1"), line(2, *NASTY))
MADE = Statement("Éts Łódź & Cie", "1", "Ωμέγα <b>SARL</b>", FIRST, LAST, LAST, False, LINES)
LONG = replace(MADE, lines=tuple(line(number, "pc-1", "東京") for number in range(12)))


def words(made: Statement = MADE, language: str = "fr") -> Document:
    return document(made, "ab" * 32, Sentences.for_language(language))


def written(kind: str, made: Statement = MADE) -> bytes:
    form: ModuleType = FORMATS[kind]
    return sealed(kind, form.write(words(made)), "ab" * 32, PAIR)


def refusal(data: bytes, keys: dict[str, bytes] | None = None) -> str:
    with pytest.raises(UseCaseError) as refused:
        check(data, KEYS if keys is None else keys)
    return refused.value.reason.code


@pytest.mark.parametrize("kind", sorted(FORMATS))
@pytest.mark.parametrize("made", [MADE, LONG], ids=["short", "long"])
def test_an_untouched_file_is_as_it_was_sealed_and_made_again_the_same(kind: str, made: Statement) -> None:
    data = written(kind, made)
    assert check(data, KEYS).unaltered
    assert data == written(kind, made)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_nobody_without_the_key_can_seal_and_a_lost_seal_is_missed(kind: str) -> None:
    other = new_pair()
    forged = sealed(kind, FORMATS[kind].write(words()), "ab" * 32, other)
    assert refusal(forged) == "statement.unknown_key"
    assert refusal(written(kind), {PAIR.id: other.public}) == "statement.unknown_key", "a key under a false name"
    assert refusal(FORMATS[kind].write(words())) == "statement.no_seal"


def test_a_changed_amount_in_a_csv_is_pointed_at() -> None:
    found = check(written("csv").replace(b",268.00\r\n", b",168.00\r\n", 1), KEYS).differences
    assert found is not None
    assert (len(found.altered), found.missing, found.added) == (1, (), ())


def test_rows_taken_away_added_or_moved_in_a_csv_show() -> None:
    rows = written("csv").decode("utf-8").split("\r\n")
    for changed in (rows[:8] + rows[9:], [*rows[:8], rows[8], *rows[8:]], [*rows[:8], rows[9], rows[8], *rows[10:]]):
        assert not check("\r\n".join(changed).encode(), KEYS).unaltered
    behind = "\r\n".join(rows).encode() + b"lines,more\r\n"
    found = check(behind, KEYS).differences
    assert found is not None
    assert len(found.added) == 1


def test_a_csv_saved_with_other_line_ends_and_quotes_is_still_the_same() -> None:
    rows = list(csv.reader(io.StringIO(written("csv").decode("utf-8-sig"))))
    saved = io.StringIO()
    csv.writer(saved, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    assert check(saved.getvalue().encode("utf-8-sig"), KEYS).unaltered


def test_a_workbook_saved_anew_is_the_same_and_one_changed_cell_is_named() -> None:
    book = load_workbook(io.BytesIO(written("xlsx")))
    saved = io.BytesIO()
    book.save(saved)
    assert check(saved.getvalue(), KEYS).unaltered
    sheet = book["Unités par jour"]
    sheet.cell(2, 5).value = 13
    altered = io.BytesIO()
    book.save(altered)
    found = check(altered.getvalue(), KEYS).differences
    assert found is not None
    assert found.altered == ("Unités par jour, row 2",)


def test_a_page_of_a_pdf_that_was_altered_is_named_and_so_is_what_an_editor_added() -> None:
    data = written("pdf", LONG)
    pages = list(re.finditer(rb"/Filter \[ /ASCII85Decode /FlateDecode \] /Length \d+\s*>>\s*stream\r?\n", data))
    second = pages[1].end()
    altered = data[:second] + (b"A" if data[second : second + 1] != b"A" else b"B") + data[second + 1 :]
    found = check(altered, KEYS).differences
    assert found is not None
    assert found.altered == ("page 2",)
    added = check(data + b"1 0 obj\n<< /Type /Annot >>\nendobj\nstartxref\n9\n%%EOF\n", KEYS).differences
    assert added is not None
    assert added.added == ("added",)
    title = check(data.replace(b"/Type /Catalog", b"/Type /CataloG", 1), KEYS).differences
    assert title is not None
    assert title.altered == ("file",)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_seal_that_was_made_to_fit_an_altered_file_has_no_signature(kind: str) -> None:
    form = FORMATS[kind]
    other = form.write(words(replace(MADE, customer_name="Somebody else")))
    _, word = form.parts_of(written(kind))
    seal = json.loads(base64.b64decode(word))
    _, forged = form.parts_of(sealed(kind, other, "ab" * 32, new_pair()))
    wrong = {**json.loads(base64.b64decode(forged)), "key": PAIR.id, "signature": seal["signature"]}
    data = form.with_seal(other, base64.b64encode(json.dumps(wrong).encode()).decode())
    assert refusal(data) == "statement.wrong_signature"


def test_no_name_runs_as_a_formula_in_a_spreadsheet() -> None:
    data = written("xlsx", replace(MADE, lines=tuple(line(place, name) for place, name in enumerate(NASTY))))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheets = [packed.read(name) for name in packed.namelist() if "worksheets/" in name]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
    cells = [cell for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert "=1+1" in [cell.value for cell in cells]
    text = csv_file.write(words(replace(MADE, lines=tuple(line(place, name) for place, name in enumerate(NASTY)))))
    for row in csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)


def test_a_negative_amount_stays_a_number() -> None:
    made = replace(MADE, lines=(replace(line(1), spans=(UnitSpan(FIRST, LAST, 1, Decimal("-5.00")),)),))
    assert b",1,-5.00\r\n" in csv_file.write(words(made))


def test_characters_that_the_font_lacks_are_written_as_their_numbers() -> None:
    assert drawable("Łódź Ωμέγα Жук é œ €") == "Łódź Ωμέγα Жук é œ €"
    assert drawable("東") == "[U+6771]"


def test_a_name_that_looks_like_a_seal_is_none() -> None:
    made = replace(MADE, customer_name="%trueup-seal AAAA", msp="trueup-seal")
    for kind, form in FORMATS.items():
        assert check(sealed(kind, form.write(words(made)), "ab" * 32, PAIR), KEYS).unaltered


def test_what_is_no_statement_is_refused_with_a_word() -> None:
    assert refusal(b"") == "statement.no_seal"
    assert refusal(b"%PDF-1.4 nothing") == "statement.no_seal"
    assert refusal(b"PK\x03\x04 broken") == "statement.unreadable"
    assert refusal(b"a,b\r\ntrueup-seal,nonsense\r\n") == "statement.no_seal"


def test_a_public_key_is_published_as_text() -> None:
    assert public_key_from(public_key_text(PAIR.public) + "\n") == PAIR.public
    assert fingerprint(PAIR.public) == PAIR.id
    for text in ("", "AAAA", "no base64!"):
        with pytest.raises(UseCaseError) as refused:
            public_key_from(text)
        assert refused.value.reason.code == "statement.bad_key"


def test_a_logo_is_drawn_and_belongs_to_the_seal() -> None:
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    with_logo = pdf_file.write(words(), pixel)
    assert with_logo != pdf_file.write(words())
    assert check(sealed("pdf", with_logo, "ab" * 32, PAIR), KEYS).unaltered
    assert workbook_file.write(words()) == workbook_file.write(words())
