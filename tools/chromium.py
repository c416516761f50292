"""Find a Chromium for the browser tests, or get one: the system's, Debian's package, else Playwright's own.

Run as `python -m tools.chromium`; `make test` does. It prints the path of the program, or says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHOSEN = "TRUEUP_CHROMIUM"
"""Environment variable that names the program to use."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "NO CHROMIUM: the browser tests cannot run. Install the package `chromium`, or name a program in "
    f"{CHOSEN}; `python -m playwright install --with-deps chromium` gets one too."
)


def found() -> Path | None:
    """A Chromium that is here already."""
    chosen = os.environ.get(CHOSEN)
    if chosen:
        return Path(chosen) if Path(chosen).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            return Path(path)
    return _of_playwright()


def _of_playwright() -> Path | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts a process, only where it is needed

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def installed() -> Path | None:
    """Get a Chromium: Debian's package where this is root on such a system, else Playwright's own."""
    if shutil.which("apt-get") and os.name == "posix" and os.access("/usr/bin", os.W_OK):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for order in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
            if subprocess.run(["apt-get", "-qq", *order], env=quiet, check=False).returncode:
                break
        else:
            return found()
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return found()


def main() -> int:
    """Print where it is; where there is none the tests say so, and fail where `CI` is set."""
    path = found() or installed()
    print(MISSING if path is None else path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
