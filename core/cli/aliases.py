"""Names that commands and options had before 0.6: accepted until 1.0, and absent from the help."""

from collections.abc import Sequence

from core.cli.parser import split_words

COMMANDS: dict[str, tuple[str, ...]] = {
    "examine": ("analyze",),
    "operate": ("operating-point",),
    "label": ("labels", "import"),
    "measure": ("estimate",),
}
OPTIONS: dict[tuple[str, str], str] = {("analyze", "--what"): "--kind", ("subgroups", "--figure"): "--metric"}
VALUES: dict[tuple[str, str], dict[str, str]] = {
    ("analyze", "--kind"): {
        "check": "saliency-check",
        "probe": "shortcuts",
        "suspects": "label-errors",
        "maps": "saliency-maps",
    }
}


def current_names(argv: Sequence[str]) -> list[str]:
    """Return the command line with today's names in place of former ones."""
    before, words = split_words(argv)
    if not words:
        return before
    command, *rest = [*COMMANDS.get(words[0], (words[0],)), *words[1:]]
    if command == "labels" and _starts_with_option(rest):
        rest = ["export", *rest]
    return [*before, command, *_renamed(command, rest)]


def _starts_with_option(words: Sequence[str]) -> bool:
    """Say whether no verb follows: `rounds labels --task NAME --out FILE` was the export."""
    first = next((word for word in words if word != "--json"), "")
    return first.startswith("--") and first != "--help" and not first.startswith("--home")


def _renamed(command: str, words: Sequence[str]) -> list[str]:
    renamed: list[str] = []
    option = ""
    for word in words:
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            option = OPTIONS.get((command, name), name)
            value = VALUES.get((command, option), {}).get(value, value)
            renamed.append(f"{option}{equals}{value}")
        else:
            renamed.append(VALUES.get((command, option), {}).get(word, word))
    return renamed
