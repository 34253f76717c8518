"""Months by the names that programs give them in the language of their machine: in English, and in others.

Java's loggers, Tomcat and journalctl write them so. Names are those of glibc and of Java, abbreviated or in full, with
the point that some have; in UTF-8, or in Latin-1 as older machines wrote it.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.clock import month_of
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word

_TEXTS = (
    "jän jänner januar janvier janv ene enero gen gennaio janeiro januari sty leden led tammi oca ocak янв января",
    "feber februar février févr fevr fev fevereiro febrero febbraio lut únor úno febr helmi şub şubat фев февраля",
    "mär märz mrz mars marzo março mrt maart marts marec bře březen márc maalis мар марта mar",
    "apr april avril avr abr abril aprile abril kwi dub duben ápr huhti nis nisan апр апреля",
    "mai mayo mag maggio maio mei maj kvě květen máj touko mayıs may май мая",  # noqa: RUF001
    "juni juin junio giu giugno jun junho cze čvn červen jún kesä haz haziran июн июня",
    "juli juil juillet julio lug luglio jul julho lip čvc červenec júl heinä tem temmuz июл июля",
    "august août aout ago agosto aug augustus sie srp srpen elo ağu ağustos авг августа",
    "sept septembre septiembre set settembre setembro sep wrz zář září szept syys eyl eylül сен сентября",
    "okt oktober octobre octubre ott ottobre out outubro paź říj říjen loka eki ekim окт октября",
    "novembre noviembre nov novembro lis listopad marras kas kasım ноя ноября",  # noqa: RUF001
    "dez dezember décembre déc dic diciembre dicembre dezembro gru pro prosinec joulu ara aralık дек декабря",  # noqa: RUF001
)
MONTHS = {name: number for number, text in enumerate(_TEXTS, 1) for name in text.split()}
"""Names of months in other languages than English, in small letters."""


def spellings(name: str) -> set[bytes]:
    """Return the bytes of a name as lines have it, with its ASCII letters small."""
    found = {text.encode() for text in (name, name.capitalize())}
    for text in (name, name.capitalize()):
        try:
            found.add(text.encode("latin-1"))
        except UnicodeEncodeError:
            continue
    return {bytes(byte | 32 if 65 <= byte <= 90 else byte for byte in text) for text in found}


_KEYS = {
    (int.from_bytes(text[:8].ljust(8, b"\0"), "little", signed=True), len(text)): number
    for name, number in MONTHS.items()
    for text in spellings(name)
}
_PLACES = 1 << 10
_FACTOR = 0x9E3779B97F4A7C15


def _place_of(word: int, length: int) -> int:
    """Return where a name is looked for first: that of many words there is none is told by a look or two."""
    return ((word ^ length) * _FACTOR & (1 << 64) - 1) >> 54


_NAMES, _LENGTHS, _NUMBERS = (np.zeros(_PLACES, np.int64) for _ in range(3))
for (_word, _length), _number in _KEYS.items():
    _at = _place_of(_word, _length)
    while _NUMBERS[_at]:
        _at = (_at + 1) % _PLACES
    _NAMES[_at], _LENGTHS[_at], _NUMBERS[_at] = _word, _length, _number
LONGEST = 24
"""Bytes of a name at most."""


@helper
def _is_letter(byte):
    return 97 <= (byte | 32) <= 122 or byte >= 128


@helper
def month_name(base, s, exact):
    """Return (month, where its name ends) of a name at s, with the point behind it; the month is 0 if it is none.

    English names may be written in any case and length unless that is to be `exact`, as syslog has them.
    """
    if not _is_letter(load_byte(base, s)):
        return 0, s
    head = load_word(base, s) & 0xFFFFFF
    month = month_of(head if exact else (head | 0x202020) ^ 0x20)
    i = s
    if month != 0 and exact and load_byte(base, s + 3) == 32:
        return month, s + 3
    word = np.int64(0)
    byte = load_byte(base, i)
    while _is_letter(byte) and i - s <= LONGEST:
        if i - s < 8:
            word |= (byte | (32 if 65 <= byte <= 90 else 0)) << (8 * (i - s))
        i += 1
        byte = load_byte(base, i)
    after = i + (byte == 46)
    day = load_byte(base, after + 1)
    if exact and (load_byte(base, after) != 32 or not (48 <= day <= 57 or day == 32)):
        return 0, i  # most words in front of other text are looked for nowhere
    if month == 0 or exact or i - s > 3:
        month = 0 if exact else month
        at = np.int64((np.uint64(word ^ (i - s)) * np.uint64(_FACTOR)) >> np.uint64(54))
        while _NUMBERS[at] != 0:
            if _NAMES[at] == word and _LENGTHS[at] == i - s:
                month = _NUMBERS[at]
            at = (at + 1) & (_PLACES - 1)
    return month, after
