"""Plays the console sessions that stand in the documents, for real, and compares what is printed.

A block that begins with ```console session is played; the blocks of one page are one session, in one new folder. Lines
that begin with `$ ` are typed (a backslash at the end goes on in the next line); the lines below are what has to be
printed. `...` alone in a line stands for any lines, inside a line for any text; without it the lines must follow each
other. `(exit code N)` is the code of the command above; without it the code must be 0. Simulators are started when the
session starts them, on free ports that take the place of those in the text. Days, amounts, and the ids that every run
makes anew are told apart from other text, but their values are not compared: they depend on the day. `make demo`
pretends that it is the day on which the page was written, because its invented MSP depends on the day.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import forked

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 100
DEMO_DAY = "2026-11-23"
TRUEUP = (sys.executable, "-m", "trueup")
SESSION = re.compile(r"^```console session\n(.*?)^```$", re.DOTALL | re.MULTILINE)

_EXIT = re.compile(r"^\(exit code (\d+)\)$")
_MADE_IDS = (re.compile(r"\bP\d{8}-[0-9a-f]{6}\b"), re.compile(r"\brun-\d+\b"))
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2} [^\W\d]{3,5}\.? \d{4}\b")
_TIME = re.compile(r"\b\d\d:\d\d\b")
_AMOUNT = re.compile(r"[+\-\u2212]?\d[\d.,\u00a0\u202f ]*[.,]\d\d\b")


@dataclass(frozen=True, slots=True)
class Typed:
    """One command of a session: what is typed, what is printed below it, and its exit code."""

    command: str
    printed: tuple[str, ...]
    exit_code: int


def sessions_in(page: Path) -> list[Typed]:
    """The commands of a page, in order."""
    lines = [line for block in SESSION.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()]
    found: list[tuple[str, list[str]]] = []
    going_on = False
    for line in lines:
        if going_on:
            found[-1] = (f"{found[-1][0]} {line.strip().removesuffix(chr(92)).strip()}", found[-1][1])
        elif line.startswith("$ "):
            found.append((line[2:].removesuffix(chr(92)).strip(), []))
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"{page.name}: printed text without a command: {line!r}")
        going_on = (going_on or line.startswith("$ ")) and line.endswith(chr(92))
    return [_typed(command, printed) for command, printed in found]


def _typed(command: str, printed: list[str]) -> Typed:
    codes = [match for line in printed if (match := _EXIT.match(line))]
    shown = tuple(line for line in printed if line.strip() and not _EXIT.match(line))
    return Typed(command, shown, int(codes[0][1]) if codes else 0)


def _plain(line: str) -> str:
    for pattern, word in (
        *((made, "<id>") for made in _MADE_IDS),
        (_DAY, "<day>"),
        (_TIME, "<time>"),
        (_AMOUNT, "<amount>"),
    ):
        line = pattern.sub(word, line)
    return " ".join(line.split())


def _fits(wanted: str, line: str) -> bool:
    parts = [re.escape(_plain(part)) for part in wanted.split("...")]
    return re.fullmatch(r"\s*.*?\s*".join(parts), _plain(line)) is not None


def difference(wanted: tuple[str, ...], printed: str) -> str | None:
    """What of the wanted lines is not printed in their order; None where all are."""
    lines = [line for line in printed.splitlines() if line.strip()]
    place, skipping = 0, False
    for number, line in enumerate(wanted):
        if line.strip() == "...":
            skipping = True
            continue
        found = next((at for at in range(place, len(lines)) if _fits(line, lines[at])), None)
        if found is None or (found != place and not skipping):
            return f"line {number + 1} of the page is not printed here: {line!r}"
        place, skipping = found + 1, False
    if place != len(lines) and not skipping:
        return f"more is printed than the page shows: {lines[place]!r}"
    return None


@dataclass
class Played:
    """A session at work: its folder, its environment, its simulators, and the ids that were made so far."""

    folder: Path
    environment: dict[str, str]
    simulators: list[subprocess.Popen[str]] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def _real(self, text: str) -> str:
        for told, real in (*self.ports.items(), *self.ids.items()):
            text = re.sub(rf"(?<![\w-]){re.escape(told)}(?!\w)", real, text)
        return text

    def play(self, typed: Typed) -> None:
        """Type one command; raises AssertionError where it does something else than the page says."""
        words = shlex.split(self._real(typed.command))
        if words[0] == "export":
            self.environment.update(word.split("=", 1) for word in words[1:])
        elif words[:2] == ["trueup", "sim"]:
            self._start(words, typed)
        elif words[:2] == ["make", "demo"]:
            assert words == ["make", "demo", "ONCE=1"], "a demonstration that does not end cannot be typed here"
            self._run(["demo", "--once", "--day", DEMO_DAY], typed)
        elif words[0] == "trueup":
            self._run(words[1:], typed)
        elif words[0] == "python":
            subprocess.run([sys.executable, *words[1:]], cwd=self.folder, env=self.environment, check=True)
        else:
            raise AssertionError(f"nobody may type this in a document: {typed.command}")

    def _run(self, words: list[str], typed: Typed) -> None:
        done = forked.run(words, self.folder, self.environment)
        printed = done.stdout + (done.stderr if done.returncode else "")
        wrong = difference(typed.printed, printed)
        what = f"$ {typed.command}\n{done.stdout}\n--- standard error\n{done.stderr}\n---"
        assert wrong is None, f"{wrong}\n{what}"
        assert done.returncode == typed.exit_code, f"exit code {done.returncode}, not {typed.exit_code}\n{what}"
        for pattern in _MADE_IDS:
            told = dict.fromkeys(pattern.findall("\n".join(typed.printed)))
            for name, real in zip(told, dict.fromkeys(pattern.findall(printed)), strict=False):
                self.ids.setdefault(name, real)

    def _start(self, words: list[str], typed: Typed) -> None:
        place = words.index("--port") + 1
        told, words[place] = words[place], "0"
        process = subprocess.Popen(
            [*TRUEUP, *words[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.simulators.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert port is not None, f"$ {typed.command}\n{line}"
        self.ports[told] = port[1]
        wrong = difference(tuple(self._real(shown) for shown in typed.printed), line)
        assert wrong is None, f"{wrong}\n{line}"

    def stop(self) -> None:
        """End the simulators."""
        for process in self.simulators:
            process.terminate()
            if process.stdout is not None:
                process.stdout.close()
            process.wait(timeout=30)


@contextmanager
def played(folder: Path, language: str) -> Iterator[Played]:
    """A session in a new folder, as somebody who speaks that language would have it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRUEUP_", "LC_", "LANG"))}
    environment = kept | {
        "LANG": f"{language}.UTF-8",
        "COLUMNS": str(COLUMNS),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONIOENCODING": "utf-8",
        "TRUEUP_ACTOR": "clerk",
    }
    session = Played(folder, environment)
    try:
        yield session
    finally:
        session.stop()
