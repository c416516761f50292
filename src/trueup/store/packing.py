"""Documents kept small: JSON compressed with words that such documents share.

An outcome is a text of 1.5 kB that says little more than its hundred numbers and hashes; the names of its fields are
the same in each. Kept with these words it takes half of what it takes alone (docs/decisions/0207). What was packed
without them is read as before.
"""

from __future__ import annotations

import zlib
from typing import Final

_LEVEL: Final = 1
_WINDOW: Final = 13
"""Eight kilobytes behind a place are searched: the words and the longest outcomes."""
_MEMORY: Final = 6
_WORDS_1: Final = (
    '"start":"20","end":"20","delta":,"effective":"20","direction":"increase","direction":"decrease","reason":"'
    '["note.goes_on","first","t20","last",["note.source_failed","connection","s","day","t20"'
    '["note.source_blocked","connection","s"["note.contract_inactive"["note.count_without_items","name","s"'
    '["note.partly_read","connection","s"["note.posted_proration","note.caught_up","note.edit_taken_back"'
    '["none.keeps","units",["none.edit_kept","units",["none.renewed","none.adopted_edit","none.edit_stands"'
    '["note.days_lost","connection","s","first","t20","last",null]'
    '["rail.change_per_cent","rail.drop","rail.first_time","rail.amount","limit","d","before",,"after",'
    '["unknown.","hold.","blocked.","held.","value","d","minimum","d","maximum","d","included","d"'
    '["step.share","share","d","customer","s","step.group_total","step.share_taken"'
    '["step.minimum","step.maximum","step.multiplier","step.offset","step.pack_size","pack","d","step.round_to_multiple"'
    '["step.override","step.mirror","step.included","step.rounding","rounding","sceil","from","d","to","d"'
    '["step.metric","coverage","spartial","coverage","sunknown","datto_rmm.servers","microsoft_365.","backup.","security."'
    '["step.adjustment","day","t20","delta","units",["step.moved","name","s","by","d"'
    '["change.increase","after",,"before",,"day","t20"["change.decrease","after",,"before",,"day","t20"'
    '{"line_id":"","status":"change","customer_id":"","contract_id":"","service_id":"","before":,"after":,'
    '"effective":"20","adjustments":[{"line_id":"","effective":"20","delta":}],"status":"held","status":"unknown",'
    '"releasable":["rail."],"mode":"approve","mode":"manual","currency":"EUR","currency":"USD","currency":"GBP",'
    '"recurring":"","amount":"","first_time":true,"guessed":true,"kind":"unit_cost","kind":"new_line",'
    '"evidence":"","cost":{"before":"","after":""},"owed":[{"start":"","end":"","units":}],"together":["'
    '{"line_id":"","status":"none","customer_id":"","contract_id":"","service_id":"","before":0,"after":0,'
    '"effective":null,"adjustments":[],"reasons":[["none.right","units",]],"steps":['
    '["step.metric","coverage","smeasured","day","t2026-","name","s","value","d1"],'
    '["step.metric","coverage","smeasured","day","t2027-","name","s","value","d1"],'
    '["step.expression","day","t2026-","text","s + "],["step.basis","basis","slast","day","t2026-","value","d1"]],'
    '"currency":null,"price":"1","recurring":null,"amount":null,"first_time":false,"guessed":false,"rule_id":"r",'
    '"kind":"line","expected":[{"start":"2026-","units":1},{"start":"2026-","units":1}],"levels":[{"start":"2026-",'
    '"units":1}],"decided_until":"2026-","cutover":"2026-","meaning":"","rule_cutover":"2026-","releasable":[],'
    '"mode":"automatic","psa_digest":"","digest":"","kept":null,"override":null,"customer_name":"","contract_name":"",'
    '"service_name":"Managed ","together":[],"counts_by":[["","f"]],"basis":"","owed":[],"reopened":[],'
    '"period_months":1,"evidence":"","cost":null}'
).encode("ascii")
"""What outcomes share, the commonest last. **Never change it**: what is kept names it by its checksum. Better words are
a second set beside it."""
_SETS: Final = {zlib.adler32(_WORDS_1): _WORDS_1}
_NEWEST: Final = _WORDS_1


def packed(text: str) -> bytes:
    """A document for `unpacked`."""
    work = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _NEWEST)
    return work.compress(text.encode()) + work.flush()


def unpacked(kept: bytes) -> str:
    """The document, packed with any set of words that there ever was, or with none. Raises ValueError where it is
    damaged, or was packed by a later release."""
    words = _words_of(kept)
    try:
        work = zlib.decompressobj() if words is None else zlib.decompressobj(zdict=words)
        found = (work.decompress(kept) + work.flush()).decode()
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not work.eof:
        raise ValueError("the end is missing")
    return found


def _words_of(kept: bytes) -> bytes | None:
    """The header of a compressed stream says whether it needs words, and their checksum (RFC 1950, FDICT)."""
    if len(kept) < 6 or not kept[1] & 0x20:
        return None
    name = int.from_bytes(kept[2:6], "big")
    if name not in _SETS:
        raise ValueError(f"packed with words of another release: {name:08x}")
    return _SETS[name]
