"""Every code has a sentence in both languages, every sentence a code, and the documentation explains them all."""

from __future__ import annotations

import ast
import re
import string
from enum import StrEnum

import pytest
from tests.messages import codes_in_use
from tools.docs import CODES, codes_page, explained

from trueup.app.notices.conditions import KINDS as NOTICE_KINDS
from trueup.core.expression import TABLE, Construct, Kind, PatternFault
from trueup.core.finding import FindingState
from trueup.core.outcome import EntryKind, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.core.rule import Basis, Mode, Rounding, RuleLevel, Timing, Window
from trueup.core.usage import Coverage, FailureCategory, MetricKind
from trueup.messages.catalogue import Message, messages_of
from trueup.messages.found import FoundMessages
from trueup.messages.sentences import Sentences
from trueup.modules.failures import CATEGORIES, CURES
from trueup.store.errors import CODES as STORE_CODES
from trueup.store.journal import IntentState

EN, FR = messages_of("en"), messages_of("fr")
HELP_EN, HELP_FR = messages_of("help.en"), messages_of("help.fr")
PAGES_EN, PAGES_FR = messages_of("pages.en"), messages_of("pages.fr")
WORDS = {"word", "noun", "cli"}
FAMILIES = frozenset(code.partition(".")[0] for code in EN) - {"word", "noun"}
PLACE = re.compile(r"\{(\w+)(?::([\w.]+))?\}")


def texts(message: Message) -> list[str]:
    said = (message.text, message.one, message.text_pages, message.cure, message.cure_pages)
    return [text for text in said if text]


def has_sentence(code: str) -> bool:
    """A code of its own, a question (`autotask.zone` is asked as `finding.autotask.zone`), or a cure's second part."""
    return any(name in EN for name in (code, f"finding.{code}", f"cure.{code}")) or code in HELP_EN


def used() -> set[str]:
    found = codes_in_use.used_codes(FAMILIES)
    for spelled in codes_in_use.SPELLED_OUT.values():
        found |= spelled
    return found | codes_in_use.probed_facts() | codes_in_use.questions_of_the_adapter()


def test_every_code_of_the_source_has_a_sentence() -> None:
    families = FAMILIES | {code.partition(".")[0] for code in HELP_EN}
    missing = {code for code in used() if code.partition(".")[0] in families and not has_sentence(code)}
    assert missing == set()


def test_a_reason_of_a_family_that_nobody_knows_is_found_too() -> None:
    made = {code for _, tree in codes_in_use.trees() for code in codes_in_use._made(tree) if "." in code}
    unknown = {code for code in made if codes_in_use.CODE.fullmatch(code) and not has_sentence(code)}
    assert {code for code in unknown if f"finding.autotask.{code}" not in EN and f"autotask.{code}" not in EN} == set()


def test_codes_that_are_put_together_are_spelled_out() -> None:
    forms = set(codes_in_use.put_together())
    known = set(codes_in_use.SPELLED_OUT)
    open_forms = {
        form for form in forms if not any(form.endswith(one.removeprefix("{}")) or form == one for one in known)
    }
    spelled = {form for form in open_forms if form.startswith("{}.") and _ends_like_a_check(form)}
    assert open_forms - spelled == set()


def _ends_like_a_check(form: str) -> bool:
    return any(code.endswith(form.removeprefix("{}")) for code in codes_in_use.SPELLED_OUT["{}.ok"])


def test_pages_use_every_text_of_theirs_and_no_other() -> None:
    used_there, begun = codes_in_use.page_texts()
    assert {key for key in used_there if key not in PAGES_EN and key not in EN} == set()
    unused = {key for key in PAGES_EN if key not in used_there and not key.startswith(tuple(begun))}
    assert unused == set()


def test_no_sentence_stands_unused() -> None:
    referenced = {text.removeprefix("@") for message in EN.values() for text in texts(message) if text.startswith("@")}
    in_texts = {how for message in EN.values() for text in texts(message) for _, how in PLACE.findall(text) if how}
    nouns = {how.partition(".")[2] for how in in_texts if how.partition(".")[0] in ("noun", "signed", "size")}
    known = used() | {f"finding.{code}" for code in used()} | referenced | {f"noun.{name}" for name in nouns}
    unused = {code for code in EN if code not in known and code.partition(".")[0] != "word"}
    assert {code for code in unused if not _put_together_in_the_command_line(code)} == set()


def _put_together_in_the_command_line(code: str) -> bool:
    prefixes = (
        "cli.step.",
        "cli.plan.",
        "cli.customers.",
        "cli.metrics.",
        "cli.request.",
        "cli.rule.scope_",
        "cli.demo.",
        "cli.unbilled.",
        "cli.push.",
        "cli.checks.",
        "cli.margins.",
        "cli.prices.",
        "cli.vendor-invoice.",
        "cli.tenant.",
        "cli.report.",
        "cure.check.blocked.",
    )
    return code.startswith(prefixes)


def test_both_languages_hold_the_same_codes() -> None:
    assert set(EN) == set(FR)
    assert set(HELP_EN) == set(HELP_FR)
    assert set(PAGES_EN) == set(PAGES_FR)
    assert not set(PAGES_EN) & set(EN)


@pytest.mark.parametrize(
    ("one", "other"), [(EN, FR), (HELP_EN, HELP_FR), (PAGES_EN, PAGES_FR)], ids=["sentences", "help", "pages"]
)
def test_both_languages_use_the_same_parameters_and_give_the_same_cures(one: dict, other: dict) -> None:
    def places(message: Message) -> set[str]:
        return {name for text in (message.text, message.one or "") for name, _ in PLACE.findall(text)}

    assert {code for code in one if places(one[code]) != places(other[code])} == set()
    assert {code for code in one if (one[code].cure is None) != (other[code].cure is None)} == set()
    assert {code for code in one if (one[code].cure_pages is None) != (other[code].cure_pages is None)} == set()
    assert {code for code in one if (one[code].text_pages is None) != (other[code].text_pages is None)} == set()
    assert {code for code in one if (one[code].cure or "")[:1] == "@" and one[code].cure != other[code].cure} == set()


ON_THE_TERMINAL_ONLY = {
    "cli.unexpected",
    "check.catalogue_read.no_credentials",
    "statement.bad_key",
    "store.missing",
    "store.exists",
    "store.not_a_store",
    "store.driver_missing",
    "store.unsupported_database",
    "store.one_tenant_only",
    "store.key_malformed",
    "store.key_file_exists",
}
"""Codes that no page and no call of the API can meet: a store is opened, a key read and a file verified before or
without them."""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_cure_on_pages_and_in_the_api_names_no_command(language: str) -> None:
    said = messages_of(language)
    named = re.compile(r"\btrueup [a-z]|--[a-z]")
    assert {code for code, one in said.items() if one.cure_pages and named.search(one.cure_pages)} == set()
    shown = {code: one.on_pages() for code, one in said.items() if not code.startswith(("cli.", "key."))}
    assert {code for code, one in shown.items() if named.search(one.text + (one.one or ""))} == set()
    commanding = {code for code, one in said.items() if named.search(one.on_pages().cure or "")}
    assert commanding == ON_THE_TERMINAL_ONLY
    pages = messages_of(f"pages.{language}")
    assert {code for code, one in pages.items() if named.search(one.text)} == {"page.sign_in.nobody"}
    for code in ("held.stale", "drift.edited", "unmapped.module", "store.unknown_plan", "expression.unknown_name"):
        reason = Reason.of(code)
        on_pages = Sentences.for_pages(language).cure(reason)
        assert on_pages != Sentences.for_language(language).cure(reason)
        assert on_pages


@pytest.mark.parametrize("messages", [EN, FR], ids=["en", "fr"])
def test_ways_of_writing_exist(messages: dict) -> None:
    plain = {"", "money", "month", "signed_money", "price", "percent", "signed", "plain", "code"}
    groups = {code.split(".")[1] for code in messages if code.startswith("word.")}
    for code, message in messages.items():
        for text in texts(message):
            assert text.count("[") == text.count("]"), code
            for _, how in PLACE.findall(text):
                kind, _, name = how.partition(".")
                known = how in plain or (kind == "word" and name in groups)
                assert known or (kind in ("noun", "signed", "size") and f"noun.{name}" in messages), (code, how)
            assert not [part for part in string.Formatter().parse(text) if part[1] == ""], code


def test_references_to_cures_lead_somewhere() -> None:
    for code, message in EN.items():
        if message.cure and message.cure.startswith("@"):
            assert message.cure[1:] in EN, code


def test_a_modules_failure_gives_the_cure_that_the_module_side_names() -> None:
    for code in {*CATEGORIES, *CURES}:
        assert EN[code].cure == f"@{CURES.get(code, 'cure.module.report')}", code


def test_every_code_of_the_store_and_of_expressions_uses_only_parameters_that_it_has() -> None:
    tables = {code: set(names) for code, names in STORE_CODES.items()}
    tables |= {code.value: set(entry.params) for code, entry in TABLE.items()}
    for code, known in tables.items():
        for text in texts(EN[code]):
            assert {name for name, _ in PLACE.findall(text)} <= known, code


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("status", OutcomeStatus),
        ("coverage", Coverage),
        ("failure", FailureCategory),
        ("finding", FindingState),
        ("basis", Basis),
        ("window", Window),
        ("rounding", Rounding),
        ("timing", Timing),
        ("mode", Mode),
        ("level", RuleLevel),
        ("kind", MetricKind),
        ("construct", Construct),
        ("pattern_fault", PatternFault),
        ("value_kind", Kind),
        ("line_state", IntentState),
        ("role", Role),
    ],
)
def test_every_value_of_a_list_has_a_word(group: str, kind: type[StrEnum]) -> None:
    assert {f"word.{group}.{value.value}" for value in kind} <= set(EN)


def test_every_kind_of_notice_has_its_word() -> None:
    assert {kind for kind in NOTICE_KINDS if f"word.notice.{kind}" not in EN} == set()


def test_every_kind_of_entry_has_its_words() -> None:
    created = {kind.value for kind in EntryKind} - {"line"}
    assert {f"word.entry.{kind}" for kind in created} | {f"cli.plan.{kind}" for kind in created} <= set(EN)


def test_french_uses_the_words_of_the_pages_and_no_english() -> None:
    english = re.compile(
        r"\b(the|this|that|with|without|line|lines|customer|units|must|cannot|please|error|failed|unknown|skipped)\b"
    )
    quoted = re.compile(r"`[^`]*`|trueup [a-z -]+|--[\w-]+|\{[^}]*\}|\"[^\"]*\"|[a-z]+_[a-z_.]+")
    for messages in (FR, HELP_FR, PAGES_FR):
        for code, message in messages.items():
            for text in texts(message):
                rest = quoted.sub("", text.removeprefix("@cure"))
                assert not (text[:1] != "@" and english.search(rest)), (code, rest)


def test_french_typography_never_lets_a_sign_stand_alone_on_the_next_line() -> None:
    for messages in (FR, HELP_FR, PAGES_FR):
        for code, message in messages.items():
            for text in texts(message):
                assert not re.search(r" ([:;?»]|!(?!=))", text), code


def test_help_texts_of_all_options_and_commands_exist() -> None:
    keys: set[str] = set()
    for path, tree in codes_in_use.trees():
        if "cli" not in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument"):
                keys |= {
                    kw.value.value for kw in node.keywords if kw.arg == "help" and isinstance(kw.value, ast.Constant)
                }
    assert {f"option.{key}" for key in keys} <= set(HELP_EN)
    unused = {code for code in HELP_EN if code.startswith("option.")} - {f"option.{key}" for key in keys}
    assert unused == set()


def test_the_page_of_codes_is_up_to_date() -> None:
    assert CODES.read_text(encoding="utf-8") == codes_page(), "run: python -m tools.docs codes"


def test_the_page_explains_every_code() -> None:
    page = CODES.read_text(encoding="utf-8")
    for code, _ in explained():
        assert f"`{code}`" in page
    for status in OutcomeStatus:
        assert f"| `{status.value}` |" in page


@pytest.mark.parametrize("name", ["en", "fr", "help.en", "help.fr"])
def test_a_message_read_alone_is_the_same_as_with_all_others(name: str) -> None:
    whole, alone = messages_of(name), FoundMessages(name)
    assert {code: alone[code] for code in reversed(whole)} == dict(whole)
    assert len(alone) == len(whole)
    assert "nobody.wrote.this" not in alone
    assert alone.get("cli") is None
