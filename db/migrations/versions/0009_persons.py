"""Who is the same person: traits of patients, readers' decisions, and the person of each patient."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A study of before may be named by a table ("study 1" of each patient), which its hash does not show. Two or three
# patients of a DICOM study are spellings or issuers of one ID; more of them have a name in common.
FEW = 3
KNOWN = (
    "SELECT DISTINCT series.uid_key, 'series', study.patient_id FROM series JOIN study ON study.id = series.study_id",
    "SELECT DISTINCT study.uid_key, 'study', study.patient_id FROM study JOIN series ON series.study_id = study.id "
    "JOIN image ON image.series_id = series.id WHERE image.importer = 'dicom' AND study.uid_key IN "
    f"(SELECT uid_key FROM study GROUP BY uid_key HAVING count(DISTINCT patient_id) <= {FEW})",
    "SELECT DISTINCT fact.value, 'sex', image.patient_id FROM fact JOIN image ON image.id = fact.image_id "
    "WHERE fact.name = 'sex' AND fact.value IN ('M', 'F')",
)
SHARED = "SELECT key FROM patient_trait WHERE kind IN ('study', 'series') GROUP BY key, kind HAVING count(*) > 1"


def upgrade() -> None:
    """Apply the change; no row is lost."""
    op.create_table(
        "patient_trait",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.PrimaryKeyConstraint("key", "kind", "patient_id"),
    )
    op.create_index("patient_trait_patient", "patient_trait", ["patient_id", "kind"])
    op.create_table(
        "person_decision",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("first_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("second_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reader_id", sa.Integer(), sa.ForeignKey("reader.id"), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("withdrawn_by", sa.Integer(), sa.ForeignKey("reader.id"), nullable=True),
        sa.Column("withdrawn_at", sa.Double(), nullable=True),
    )
    op.create_index("person_decision_first", "person_decision", ["first_id"])
    op.create_index("person_decision_second", "person_decision", ["second_id"])
    op.add_column("patient", sa.Column("person", sa.String(), nullable=False, server_default=""))
    op.create_index("patient_person", "patient", ["person"])
    op.add_column("snapshot_case", sa.Column("person", sa.String(), nullable=True))
    for rows in KNOWN:
        op.execute(f"INSERT INTO patient_trait (key, kind, patient_id) {rows}")
    waiting = f"SELECT patient_id FROM patient_trait WHERE kind IN ('study', 'series') AND key IN ({SHARED})"
    op.execute(f"UPDATE patient SET person = '?' WHERE id IN ({waiting})")


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
