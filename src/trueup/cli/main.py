"""The entry point `trueup`: what can be answered at once is, the rest is parsed; every error becomes an exit code.

Exit codes (a contract): 0 done, 1 failed, 2 usage, 3 something is held or waits for approval, 4 refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from trueup.cli import front, speaking
from trueup.cli.arguments import UsageFault, global_first

USAGE = 2
INTERRUPTED = 130


def _usage_error(fault: UsageFault, arguments: Sequence[str]) -> int:
    from trueup.cli.usage_faults import write_usage_fault  # noqa: PLC0415 - only when something was mistyped

    write_usage_fault(fault, as_json="--json" in arguments)
    return USAGE


def _failed(error: BaseException, arguments: Sequence[str]) -> int:
    from trueup.cli.failing import write_failure  # noqa: PLC0415 - needs the whole program

    return write_failure(error, as_json="--json" in arguments, debug="--debug" in arguments)


def _parsed(arguments: Sequence[str]) -> int:
    from trueup.cli.root import run  # noqa: PLC0415 - the parser costs more than the first page of help

    return run(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run a command line; gives its exit code and never raises."""
    speaking.choose(arguments)
    try:
        ordered = global_first(arguments)
        return 0 if front.answered(ordered) else _parsed(ordered)
    except UsageFault as fault:
        return _usage_error(fault, arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader went away: nothing more to tell, and nothing to flush when Python ends
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return 1
    except Exception as error:  # noqa: BLE001 - the last place: every error becomes a sentence and an exit code
        return _failed(error, arguments)


def main_of_process() -> int:
    """Run the command line of this process; gives its exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    return main(sys.argv[1:])
