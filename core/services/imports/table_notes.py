"""Say what a person should know of a table that was read as it stands: labels that are doubtful, IDs that were cut."""

import re
from collections.abc import Collection, Iterator

from core.imaging.tables.column_titles import Role
from core.imaging.tables.words import spelling
from core.services.imports.import_table import ImportTable

# Labels that more often say "no label" than what was seen. A minus beside a plus is an answer, as is -1 alone.
NO_LABEL = frozenset(
    """
    ? ?? - -- --- – — . .. n.a. n.a n/a. na k.a. tbd todo unknown unbekannt inconnu desconocido
    uncertain unsure unclear unklar unlabeled unlabelled undefined 未知 不明 不详 待定 미상
    """.split()  # noqa: SIM905
)
SEVERAL = re.compile(r"[^|;]+[|;][^|;].*|\[.+\]|\{.+\}")
CUT = re.compile(r"[+-]?\d([.,]\d+)?[eE]\+?\d+")


def noticed(table: ImportTable, task: str) -> Iterator[tuple[str, str]]:
    """Yield what is noted of a table: (kind, the column or the label)."""
    if task and table.label is None:
        yield "no_label_column", ", ".join(table.roles.table.columns)
    labels = table.labels
    yield from (("doubtful_label", label) for label in labels if _is_doubtful(label, labels))
    for role in (Role.PATIENT, Role.STUDY):
        column = table.roles.column(role)
        values = {row[column] for row in table.joined.rows.values()} if column else set()
        yield from (("cut_number", str(column)) for _ in filter(CUT.fullmatch, values))  # an ID is never shown


def _is_doubtful(label: str, labels: Collection[str]) -> bool:
    if SEVERAL.fullmatch(label):
        return True
    if spelling(label) == "-1":
        return {spelling(one) for one in labels} <= {"-1", "0", "1"}  # uncertain, where the others are no and yes
    return spelling(label) in NO_LABEL and not (label == "-" and "+" in labels)
