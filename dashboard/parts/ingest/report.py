"""The report of an import: every file is imported, known, refused or unlisted."""

import streamlit as st

from core.services.imports.import_report import ImportReport
from dashboard import formatting
from dashboard.parts.ingest import notes


def show(report: ImportReport, import_id: int = 0) -> None:
    """Draw the report, notes first; `import_id` names the import whose images its links open."""
    verb = "to import" if report.dry_run else "imported"
    st.markdown(
        f"**{formatting.count(report.files_found, 'file')}** = **{report.imported:,}** {verb} + **{report.known:,}** "
        f"already in the catalogue + **{len(report.refused):,}** refused + **{len(report.unlisted):,}** not listed in "
        "the table."
    )
    notes.show(report.notes, import_id)
    st.markdown(f"{', '.join(_counts(report))}.")
    _sentences(report)
    refused = [{"file": one.file, "reason": one.reason} for one in report.refused]
    notes.files("Refused", refused, expanded=0 < len(refused) < 10)
    notes.files("Not listed in the table", [{"file": name} for name in report.unlisted])
    notes.files("Tables and texts beside the images, not read", [{"file": name} for name in report.texts])
    missing = [{"file": name} for name in report.missing]
    notes.files("Listed in the table but missing", missing, total=report.missing_count)
    notes.files("Fits several files; write its path", [{"file": name} for name in report.ambiguous])


def _counts(report: ImportReport) -> list[str]:
    patients = formatting.count(report.patients, "patient") + _persons(report)
    counts = [
        (report.studies, "study", "studies"),
        (report.series, "series", "series"),
    ]
    texts = [
        formatting.count(report.images, "image"),
        *([patients] if report.patients else []),
        *(formatting.count(*counted) for counted in counts if counted[0]),
    ]
    return texts if report.dry_run else [*texts, formatting.count(report.labelled, "label") + _classes(report)]


def _classes(report: ImportReport) -> str:
    labels = ((report.table or {}).get("labels") or {}) if report.labelled else {}
    shown = [f"{formatting.escape_markdown(name)} {count:,}" for name, count in list(labels.items())[:8]]
    return f" ({', '.join(shown)}{', …' if len(labels) > len(shown) else ''})" if shown else ""


def _sentences(report: ImportReport) -> None:
    if report.unknown_patients:
        st.info(
            f"{formatting.count(report.unknown_patients, 'image')} without a patient ID; each is treated as a "
            "separate patient."
        )
    if report.dry_run and report.person_questions:
        st.info(
            f"{formatting.count(report.person_questions, 'question')} about who is the same person. After the import "
            "the People page asks."
        )
    if report.labels_overridden:
        st.info(
            f"{formatting.count(report.labels_overridden, 'label')} of the file not imported: a reader has labelled "
            "the case since, or the class is retired."
        )
    if report.labels_without_case:
        st.warning(
            f"{formatting.count(report.labels_without_case, 'label')} of the file not imported: the task labels "
            "whole series or studies, and these images belong to none. Add a CSV column 'study'."
        )


def _persons(report: ImportReport) -> str:
    """Return the number of persons in words, where it is not that of the patients."""
    several = report.persons and report.persons != report.patients
    return f" ({formatting.count(report.persons, 'person', 'persons')})" if several else ""
