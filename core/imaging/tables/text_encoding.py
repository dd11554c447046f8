"""Find the encoding of a text file: by its mark, as UTF-8, else the one whose reading looks most like a language.

Libraries that guess encodings need a page of text; a table of labels has a few words. The guess is shown, and a person
can choose another.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import islice

from core.imaging.tables.alphabets import LETTERS, alphabet_points, script

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
LEGACY = (
    *("cp932", "euc_jp", "cp949", "gb18030", "big5", "cp1252", "cp1250", "cp1251", "cp1254", "cp1253", "cp1255"),
    *("cp1256", "cp874", "koi8_r", "mac_roman", "cp850", "cp866", "iso8859_5", "mac_cyrillic"),
)
DOUBLE_BYTE = LEGACY[:5]
CHOICES = ("utf-8", "utf-16", *LEGACY)  # that a person can choose from
# Characters that texts are made of, by the double-byte sets in which their first bytes tell (level 1 of each).
FREQUENT = (("gb2312", 0xB0, 0xD7), ("shift_jis", 0x88, 0x97), ("big5", 0xA4, 0xC6))

UNITS = re.compile("°[CFK]|[µμ][gSmlMGLs]|[cm]²|±\\d")
ICELANDIC = re.compile("[áæíúó]")  # letters that Turkish lacks; three other ones have the same bytes in both

CHANCE = 0.1  # how much more like a language a text must be as UTF-8
TWO_SIGNS = 6  # bytes of two Chinese signs in UTF-8: so long a line is UTF-8 by chance in few texts only
SAMPLE, SAMPLE_LINES, STEP = 1 << 16, 2_000, 1 << 20
WITH_LETTERS = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")  # lines that are not plain ASCII
SHIFTED = re.compile(f"[{''.join(chr(code << 8) for code in range(0x20, 0x7F))}]{{4}}")  # ASCII, its bytes swapped
ESCAPED = re.compile(rb"\x1b\$[@AB]")  # Japanese in seven bits
COMMON_ACCENTS = "äöüßéèêàâçñáíóúôîûëïåæøãõąćęłńśźżčďěňřšťůžýőűğış"
LAST_ACCENTS = "ìùò"  # common at the end of Italian words


def find_encoding(raw: bytes) -> str | None:
    """Return the encoding of a text, None if the bytes are no text."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding if decodes(raw, encoding) else None
    if ESCAPED.search(raw):
        return "iso2022_jp_2" if decodes(raw, "iso2022_jp_2") else None
    if b"\0" in raw:
        return next((one for one in ("utf-16-le", "utf-16-be") if decodes(raw, one) and _is_wide(raw, one)), None)
    if decodes(raw, "utf-8"):
        return "utf-8"
    sample = b"\n".join(match[0] for match in islice(WITH_LETTERS.finditer(raw), SAMPLE_LINES))
    scores = {one: _likeness_in(sample, one) for one in LEGACY if decodes(raw, one)}
    return max(scores, key=scores.__getitem__) if scores else "latin-1"


def mixed_lines(raw: bytes) -> tuple[int, int] | None:
    """Return a line that is UTF-8, and one that is not, of a text that mixes encodings; None if it does not."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw or decodes(raw, "utf-8"):
        return None
    others, wide = dict[int, bytes](), dict[int, bytes]()  # by their places
    for match in WITH_LETTERS.finditer(raw):
        lines = wide if decodes(match[0], "utf-8") else others
        if len(lines) < SAMPLE_LINES:
            lines[match.start()] = match[0]
    encoding = find_encoding(b"\n".join(others.values()))
    if not wide or encoding is None or _is_by_chance(list(wide.values()), encoding):
        return None
    first, second = (raw.count(b"\n", 0, next(iter(lines))) + 1 for lines in (wide, others))
    return first, second


def _is_by_chance(lines: list[bytes], encoding: str) -> bool:
    """Return whether lines that are UTF-8 are rather of another encoding, of which short ones may look so."""
    raw = b"\n".join(lines)
    if not decodes(raw, encoding):
        return False
    more = likeness(raw.decode()) - _likeness_in(raw, encoding)
    if encoding in DOUBLE_BYTE:
        return more < 0 or sum(byte > 0x7F for byte in raw) < TWO_SIGNS * len(lines)
    return more < CHANCE


def is_known(encoding: str) -> bool:
    """Return whether there is a text encoding of that name."""
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True


def decodes(raw: bytes, encoding: str) -> bool:
    """Return whether the bytes are text of an encoding; UTF-16 that has lost a byte reads as other letters."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(raw), STEP):
            text = decoder.decode(raw[start : start + STEP])
            if encoding.startswith("utf-16") and SHIFTED.search(text):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_wide(raw: bytes, encoding: str) -> bool:
    text = raw[:SAMPLE].decode(encoding, errors="ignore")
    plain = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return "\0" not in text and not {"\n", "\r"}.isdisjoint(text) and plain == len(text)


def likeness(text: str) -> float:
    """Return how much the letters beyond ASCII look like words: about 1 if they do, below 0 if they do not."""
    points = [*_points(text)]
    return sum(points) / len(points) if points else 0.0


def _likeness_in(raw: bytes, encoding: str) -> float:
    text = raw.decode(encoding)
    is_rare = encoding == "euc_jp" and not re.search("[\u3040-\u30ff]", text)  # few write it today, and with kana
    if encoding in ("cp1252", "cp1254") and re.search("[ýþðığş]", text):
        is_rare |= (encoding == "cp1254") == bool(ICELANDIC.search(text))
    return likeness(text) - is_rare * 0.3


def _points(text: str) -> Iterator[float]:
    for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if letter > "\x7f":
            yield _letter_points(letter, before, after)


def _letter_points(letter: str, before: str, after: str) -> float:
    if UNITS.match(letter + after):
        return 1.5
    if "\u3040" <= letter <= "\ud7a3" and any(one.isascii() and one.islower() for one in (before, after)):
        return -0.5  # an accent inside a word, read as a sign of East Asia
    if "\u3040" <= letter <= "\u30ff":  # kana
        return 2.0
    if "\uac00" <= letter <= "\ud7a3":  # Hangul
        mixed = any("\u4e00" <= other <= "\u9fff" for other in (before, after))
        return -0.5 if mixed or not _fits(letter, "euc_kr") else 1.5
    if "\u4e00" <= letter <= "\u9fff":
        return 1.0 if any(_is_frequent(letter, *table) for table in FREQUENT) else -0.5
    if "\u3000" <= letter <= "\u303f" or "\uff00" <= letter <= "\uff60":  # punctuation of East Asia
        return 0.5
    if script(letter) == "LATIN" or script(letter) in LETTERS:
        return _alphabetic_points(letter, before, after)
    return 0.0 if letter in "°µ±²³–—„“”‚‘’«»€§·×…ºª®" else -1.0


def _alphabetic_points(letter: str, before: str, after: str) -> float:
    beside = "".join(other for other in (before, after) if other.isalpha())
    if letter.isupper() and before.islower():
        return -0.5
    if script(letter) in LETTERS:
        return alphabet_points(letter, before, after)
    if beside and not beside.isascii() and not any(other.isascii() for other in beside):
        return -0.5  # a word of nothing but accents
    is_common = letter.lower() in COMMON_ACCENTS or (letter in LAST_ACCENTS and not after.isalpha())
    return 1.0 if is_common else 0.7


def _fits(letter: str, encoding: str) -> bool:
    try:
        return len(letter.encode(encoding)) == 2  # Hangul beyond the set has longer forms
    except UnicodeEncodeError:
        return False


def _is_frequent(letter: str, encoding: str, first: int, last: int) -> bool:
    return _fits(letter, encoding) and first <= letter.encode(encoding)[0] <= last
