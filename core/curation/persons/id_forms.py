"""Forms of patient IDs, birth dates and sexes in which equal ones are written alike."""

import re
import unicodedata

FRACTION = re.compile(r"(\d+)\.0+")
UID = re.compile(r"(?=.{20,64}$)[0-2](\.\d+){3,}")  # a shorter one in a table may be anything
# IDs that name nobody, as `id_form` writes them; whoever has one of them may be anybody.
PLACEHOLDERS = frozenset(
    """
    anonymous anonym anonymized anonymised anonymisiert anonyme anonimo anónimo anon deidentified de-identified
    unknown unbekannt inconnu desconocido noid nopatientid nomrn patient test testpatient dummy unnamed removed
    xnat na n/a none null nan 0 9999 99999 999999 9999999 99999999 匿名 不明 未知 无 無 なし 익명 미상
    """.split()  # noqa: SIM905
)
YEAR_FIRST = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)")
DAY_FIRST = re.compile(r"(\d{1,2})\D{1,2}(\d{1,2})\D{1,2}(\d{4})(?!\d)")
NO_DATE = frozenset({"19000101", "18991230", "19000100", "00010101", "11111111"})  # what programs write without a date
MALE = ("m", "male", "man", "männlich", "mann", "masculin", "masculino", "hombre", "男", "男性", "남")
FEMALE = ("f", "female", "woman", "w", "weiblich", "frau", "féminin", "femenino", "mujer", "女", "女性", "여")
SEXES = {**dict.fromkeys(MALE, "M"), **dict.fromkeys(FEMALE, "F")}


def id_form(patient_id: str) -> str:
    """Return what spellings of one patient ID have in common: width, case, blanks, `.0` and leading zeros are left out.

    >>> [id_form(text) for text in ("00123", "123.0", " ab 7", "ＡＢ７", "0")]
    ['123', '123', 'ab7', 'ab7', '0']
    """
    plain = "".join(unicodedata.normalize("NFKC", patient_id).casefold().split())
    whole = FRACTION.fullmatch(plain)
    plain = whole[1] if whole else plain
    return plain.lstrip("0") or plain[:1]


def placeholder(patient_id: str) -> str:
    """Return the word for "nobody" that a patient ID is, or "".

    >>> [placeholder(text) for text in ("ANONYMOUS", "000", "xxx", "Anonymized Patient", "A7", "patient_0")]
    ['anonymous', '0', 'x', 'anonymized', '', '']
    """
    form = id_form(patient_id)
    words: list[str] = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", patient_id).casefold())
    if len(words) > 1 and not any(word.isdigit() or word not in PLACEHOLDERS for word in words):
        return words[0]  # "Anonymized Patient"
    repeated = form[:1] if re.fullmatch(r"x{2,}|-+|\?+|\*+|\.+|_+", form) else ""
    return form if form in PLACEHOLDERS else repeated


def is_uid(text: str) -> bool:
    """Return whether a name is a DICOM UID, which is one in the world, unlike "study 1".

    >>> is_uid("1.2.826.0.1.3680043.8.498.1"), is_uid("1.2.3.4"), is_uid("study 1")
    (True, False, False)
    """
    return bool(UID.fullmatch(text))


def birth_date(text: str) -> str:
    """Return a date of birth as YYYYMMDD, the text itself if its order is not certain, "" if it is no date.

    >>> birth_date("17.03.1961"), birth_date("1961-03-17 00:00:00"), birth_date("03/04/1961"), birth_date("1900-01-01")
    ('19610317', '19610317', '03/04/1961', '')
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = _year_month_day(plain)
    return "" if digits in NO_DATE or not digits.strip("0") else digits


def _year_month_day(plain: str) -> str:
    if re.fullmatch(r"\d{8}", plain):
        return plain
    if parts := YEAR_FIRST.match(plain):
        return f"{parts[1]}{int(parts[2]):02}{int(parts[3]):02}"
    if not (parts := DAY_FIRST.match(plain)):
        return ""
    first, second = int(parts[1]), int(parts[2])
    if first > 12 or "." in plain:
        return f"{parts[3]}{second:02}{first:02}"
    return f"{parts[3]}{first:02}{second:02}" if second > 12 else plain


def sex(text: str) -> str:
    """Return M or F, "" for all other words.

    >>> sex("Male"), sex("weiblich"), sex("O")
    ('M', 'F', '')
    """
    return SEXES.get(unicodedata.normalize("NFKC", text).strip().casefold(), "")


def name_form(name: str) -> str:
    """Return a person's name without case, accents and order.

    >>> name_form("Müller^Anna") == name_form("anna MULLER")
    True
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(sorted(re.findall(r"\w+", plain)))
