"""A clock that the harness moves while processes look at it: the present moment, in a file that all of them map."""

from __future__ import annotations

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = struct.Struct("<qq")


class SharedClock:
    """Time of a run, in whole microseconds: what the wall shows, and what has passed. Only the wall can be set back."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size < _TIMES.size:
                os.ftruncate(handle, _TIMES.size)
            self._map = mmap.mmap(handle, _TIMES.size)
        finally:
            os.close(handle)

    def now(self) -> datetime:
        """What the wall shows, in UTC."""
        return _EPOCH + _TIMES.unpack_from(self._map)[0] * _MICROSECOND

    def ticks(self) -> float:
        """Seconds that only grow."""
        return float(_TIMES.unpack_from(self._map)[1]) / 1e6

    def put(self, moment: datetime) -> None:
        """Begin a run at a moment."""
        _TIMES.pack_into(self._map, 0, (moment - _EPOCH) // _MICROSECOND, 0)

    def move(self, seconds: float, *, wall: float | None = None) -> None:
        """Let time pass; `wall` where the wall clock is put otherwise meanwhile (it may go back)."""
        shown, passed = _TIMES.unpack_from(self._map)
        moved = seconds if wall is None else wall
        _TIMES.pack_into(self._map, 0, shown + int(moved * 1e6), passed + int(seconds * 1e6))

    def close(self) -> None:
        self._map.close()
