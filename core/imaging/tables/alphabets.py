"""Say how much a letter of an alphabet other than Latin looks like one of a word, beside its neighbours."""

import unicodedata

LETTERS = {  # by script, the most frequent ones first
    "CYRILLIC": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "GREEK": "αοιετσνηυρπκμλςωίάόέγδήθχφβύώξζψ",
    "HEBREW": "יוהלאמרתבשנםדקעחטפגזסכןצףךץ",
    "ARABIC": "اليمنتربهودعفسقحةجشصخطكزضذغءئأىثظؤإآ",
    "THAI": "านรอกเงมยลวดทสตปคบแพไขหชจะใโถผซณธภศษำ",
}
LAST = "ךםןףץ"  # Hebrew letters at the end of a word
ABOVE = frozenset("ัิีึืฺุู็่้๊๋์ํ๎")  # Thai vowels and tones on their letter


def script(letter: str) -> str:
    """Return the script of a letter, or of a sign on one; "" for other characters."""
    if not letter.isalpha() and letter not in ABOVE:
        return ""
    return unicodedata.name(letter, "").split(" ")[0]


def alphabet_points(letter: str, before: str, after: str) -> float:
    """Return 1 for the most frequent letter among letters of its script, less for others, -0.5 where it does not fit.

    >>> alphabet_points("о", "н", "р"), alphabet_points("о", "n", "r")
    (1.0, -0.5)
    >>> alphabet_points("щ", "н", "р") < alphabet_points("в", "н", "р")
    True
    """
    alphabet = script(letter)
    if {script(one) for one in (before, after)} - {alphabet, ""}:
        return -0.5
    if (letter in LAST and script(after) == alphabet) or (
        letter in ABOVE and not ("ก" <= before <= "ฮ" or before in ABOVE)
    ):
        return -0.5
    if alphabet == "THAI":
        return 1.0 if letter in ABOVE or letter in LETTERS[alphabet] else -0.5
    rank = LETTERS[alphabet].find(letter.lower())
    share = rank / len(LETTERS[alphabet]) if rank >= 0 else 1
    return (1 - 0.7 * share) * (0.9 if letter.isupper() and before.isupper() else 1)
