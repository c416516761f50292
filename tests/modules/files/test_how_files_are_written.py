"""Encodings, delimiters, decimal signs and workbooks: found, shown, and refused where nothing settles them."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from trueup.modules.files.profile import FileProfile, profile_from
from trueup.modules.files.reading import FileReading, read_file
from trueup.modules.files.refusing import FileRefusedError

WIDE = {"source": "file", "organization": "Kunde", "count.seats": "Plätze", "count.storage": "Speicher"}
LONG = {"source": "file", "organization": "Customer", "type": "Product", "quantity": "Qty"}


def profile(settings: dict[str, str], **more: str) -> FileProfile:
    return profile_from("backup_cloud", {**settings, **more})


def refusal(data: bytes, settings: dict[str, str], day: date | None = None, **more: str) -> str:
    with pytest.raises(FileRefusedError) as refused:
        read_file(data, profile(settings, **more), day)
    return refused.value.failure.reason.code


def counts(reading: FileReading) -> dict[str, str]:
    return {f"{key} {name}": str(value) for (key, name), value in reading.counts.items()}


def why(reading: FileReading) -> list[tuple[int, str]]:
    return [(row.line, row.reason.code) for row in reading.rejected]


def workbook(*rows: tuple[object, ...], more: tuple[str, ...] = ()) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for title in more:
        book.create_sheet(title).append(["x"])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def with_shared_texts() -> bytes:
    """A workbook as Excel writes it: its texts stand in a table of their own. One customer has 7 seats."""
    texts = "".join(f"<si><t>{text}</t></si>" for text in ("Customer", "Product", "Qty", "A", "Seats"))
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
    cells += '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>4</v></c><c r="C2"><v>7</v></c></row>'
    override = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_KIND}.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("sharedStrings", "sharedStrings"),
        )
    )
    rels = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(
            (("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")), 1
        )
    )
    sheet = '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="x"/>{override}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheet}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{rels}</Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return held.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return held.getvalue()


def test_semicolons_with_a_decimal_comma_in_iso_8859_1() -> None:
    text = 'Kunde;Plätze;Speicher\n"Müller; Söhne";12;1.234,5\nÉcole;3;0,25\n'
    reading = read_file(text.encode("iso-8859-1"), profile(WIDE))
    assert (reading.written.delimiter, reading.written.decimal) == (";", ",")
    assert reading.written.encoding == "windows-1252"
    assert counts(reading) == {
        "Müller; Söhne seats": "12",
        "Müller; Söhne storage": "1234.5",
        "École seats": "3",
        "École storage": "0.25",
    }


def test_utf_8_with_a_mark_and_title_lines_above_the_header() -> None:
    text = 'Report of November,,\n\nKunde,Plätze,Speicher\nÉcole,3,"1,234.5"\n'
    reading = read_file(text.encode("utf-8-sig"), profile(WIDE))
    assert (reading.written.encoding, reading.written.delimiter, reading.written.decimal) == ("utf-8", ",", ".")
    assert counts(reading) == {"École seats": "3", "École storage": "1234.5"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_tabs_and_blanks_between_thousands(encoding: str) -> None:
    text = "Kunde\tPlätze\tSpeicher\nÉcole\t1\N{NARROW NO-BREAK SPACE}234\t12,5\n"
    reading = read_file(text.encode(encoding), profile(WIDE))
    assert reading.written.delimiter == "\t"
    assert counts(reading) == {"École seats": "1234", "École storage": "12.5"}


def test_one_thousand_or_one_and_a_bit_is_never_guessed() -> None:
    text = "Kunde;Plätze;Speicher\nÉcole;3;1.234\n".encode()
    assert refusal(text, WIDE) == "file.numbers_ambiguous"
    assert counts(read_file(text, profile(WIDE, decimal="comma")))["École storage"] == "1234"
    assert counts(read_file(text, profile(WIDE, decimal="point")))["École storage"] == "1.234"


def test_a_file_with_both_decimal_signs_is_refused() -> None:
    assert refusal("Kunde;Plätze;Speicher\nA;3;1,5\nB;3;1.5\n".encode(), WIDE) == "file.numbers_mixed"


@pytest.mark.parametrize(
    "value", ["1.2.3,4", "12,34.567", "1 23", "ten", "1e3", "NaN", "=1+2", "10 EUR", "--1", "٣", "9" * 41]
)
def test_what_is_no_number_is_rejected_with_its_line(value: str) -> None:
    rows = "".join(f"c{number};1;2,5\n" for number in range(20))
    text = f"Kunde;Plätze;Speicher\n{rows}École;{value};1,5\n"
    reading = read_file(text.encode(), profile(WIDE, decimal="comma"))
    assert why(reading) == [(22, "file.row_no_number")]
    assert reading.doubtful == {"École"}
    assert "École seats" not in counts(reading)


@pytest.mark.parametrize(("value", "code"), [("-1", "file.row_negative"), ("1000000000", "file.row_too_large")])
def test_less_than_nothing_and_what_is_no_count_are_rejected(value: str, code: str) -> None:
    reading = read_file(f"Kunde;Plätze;Speicher\nÉcole;{value};1\n".encode(), profile(WIDE))
    assert why(reading) == [(2, code)]


def test_a_row_number_counts_lines_inside_quotes() -> None:
    text = 'Kunde;Plätze;Speicher\n"two\nlines";1;1\nÉcole;x;1\n'
    reading = read_file(text.encode(), profile(WIDE))
    assert why(reading) == [(4, "file.row_no_number")]
    assert "two lines seats" in counts(reading)


def test_a_file_that_ends_inside_quotes_is_cut() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file('Kunde;Plätze;Speicher\nA;1;1\n"Éco'.encode(), profile(WIDE))
    assert refused.value.failure.category.value == "truncated"
    assert refused.value.failure.reason.get("line") == 3


def test_what_is_no_table_is_refused() -> None:
    assert refusal(b"", WIDE) == "file.empty"
    assert refusal("Kunde;Plätze;Speicher\n".encode(), WIDE) == "file.empty"
    assert refusal(b"\x00\x01\x02", WIDE) == "file.not_text"
    assert refusal(b"\xd0\xcf\x11\xe0" + b"\0" * 600, WIDE) == "file.old_workbook"
    assert refusal(b"PK\x03\x04 broken", WIDE) == "file.workbook_broken"
    assert refusal(b"x" * 1_000_001, WIDE) == "file.line_too_long"
    assert refusal(b"x" * 50_000_001, WIDE) == "file.too_large"
    assert refusal(b";" * 300, WIDE) == "file.too_many_columns"
    assert refusal(b"Kunde;Pl\xe4tze;Speicher\nA;1;1\n", WIDE, encoding="utf-8") == "file.encoding"


def test_a_missing_a_renamed_and_a_doubled_column_are_refused_by_name() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file(b"Kunde;Platze;Speicher\nA;1;1\n", profile(WIDE))
    reason = refused.value.failure.reason
    assert (reason.code, reason.get("column"), reason.get("near")) == ("file.column_missing", "Plätze", "Platze")
    assert refused.value.failure.category.value == "schema_changed"
    assert refusal(b"Kunde;Speicher\nA;1\n", WIDE) == "file.column_missing"
    assert refusal("Kunde;Plätze;Speicher;plätze \nA;1;1;2\n".encode(), WIDE) == "file.column_twice"


def test_a_workbook_with_dates_and_with_numbers_as_text() -> None:
    data = workbook(
        ("Customer", "Product", "Qty", "Day"),
        (1234, "Seats", 12, date(2026, 11, 12)),
        ("ACME", "Seats", "1.234,5", "12.11.2026"),
        ("=cmd|x", "Seats", 0.1 + 0.2, "12.11.2026"),
    )
    # openpyxl writes a text that begins with = as a formula
    reading = read_file(data, profile(LONG, day="Day", day_format="dmy"))
    assert (reading.written.format, reading.written.sheet, reading.written.decimal) == ("xlsx", "Sheet", ",")
    assert reading.days == {date(2026, 11, 12): 3}
    assert counts(reading) == {"1234 seats": "12", "ACME seats": "1234.5"}
    assert why(reading) == [(4, "file.row_formula")]


def test_a_formula_as_a_count_is_not_calculated_and_a_float_keeps_fifteen_digits() -> None:
    rows = [(f"c{number}", "Seats", 1) for number in range(20)]
    data = workbook(("Customer", "Product", "Qty"), *rows, ("A", "Seats", "=1+2"), ("B", "Seats", 0.1 + 0.2))
    reading = read_file(data, profile(LONG))
    assert why(reading) == [(22, "file.row_formula")]
    assert reading.counts["B", "seats"] == Decimal("0.3")


def test_hostile_cells_of_a_text_file_stay_text() -> None:
    text = 'Kunde;Plätze;Speicher\n"=HYPERLINK(""http://x"")";1;1\n@SUM(1);1;1\n'
    reading = read_file(text.encode(), profile(WIDE))
    assert set(reading.organizations) == {'=HYPERLINK("http://x")', "@SUM(1)"}


def test_empty_rows_do_not_shift_the_numbers_of_rows() -> None:
    data = workbook(("Customer", "Product", "Qty"), (), (), ("A", "Seats", "x"), ("B", "Seats", 3))
    assert why(read_file(data, profile(LONG))) == [(4, "file.row_no_number")]


def test_a_long_id_that_a_spreadsheet_rounded_is_rejected() -> None:
    data = workbook(("Customer", "Product", "Qty"), (1234567890123456, "Seats", 1), ("B", "Seats", 3))
    assert why(read_file(data, profile(LONG))) == [(2, "file.row_id_too_long")]


def test_a_workbook_that_is_too_wide_is_refused() -> None:
    wide = (*("x" for _ in range(256)), "y")
    assert refusal(workbook(("Customer", "Product", "Qty"), wide), LONG) == "file.too_many_columns"


def test_which_of_two_sheets_counts_is_asked() -> None:
    data = workbook(("Customer", "Product", "Qty"), ("A", "Seats", 1), more=("Other",))
    assert refusal(data, LONG) == "file.which_sheet"
    assert refusal(data, LONG, sheet="Third") == "file.no_sheet"
    assert counts(read_file(data, profile(LONG, sheet="sheet"))) == {"A seats": "1"}


def test_a_sheet_that_says_it_is_smaller_than_it_is_loses_no_rows() -> None:
    data = workbook(("Customer", "Product", "Qty"), ("A", "Seats", 1), ("B", "Seats", 2))
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(part)
    assert b'ref="A1:C3"' in content
    smaller = with_part(data, part, content.replace(b'ref="A1:C3"', b'ref="A1:C2"'))
    assert counts(read_file(smaller, profile(LONG))) == {"A seats": "1", "B seats": "2"}


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_entities_are_not_expanded(part: str) -> None:
    data = with_shared_texts()
    assert counts(read_file(data, profile(LONG))) == {"A seats": "7"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(part)
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "lol">{levels}]>'.encode()
    head, mark, rest = content.partition(b"?>")
    assert refusal(with_part(data, part, head + mark + bomb + rest), LONG) == "file.workbook_unsafe"


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    data = workbook(("Customer", "Product", "Qty"), ("A", "Seats", 1))
    bomb = with_part(data, "xl/styles.xml", b" " * 30_000_000)
    assert len(bomb) < 100_000
    assert refusal(bomb, LONG) == "file.workbook_too_large"


def test_a_hundred_thousand_rows_are_counted_in_bounded_memory() -> None:
    lines = "".join(f"customer {n % 500};Product {n % 7};1,5;{n}\n" for n in range(100_000))
    data = f"Customer;Product;Qty;Extra\n{lines}".encode()
    asked = profile(LONG, duplicates="sum")
    tracemalloc.start()
    reading = read_file(data, asked)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(reading.counts.values()) == Decimal(150_000)
    assert len(reading.counts) == 3500
    assert peak < 20_000_000
