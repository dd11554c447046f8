"""operating points, looks at test, examinations of a model; predictions that were made elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; no row is lost."""
    with op.batch_alter_table("job") as batch_op:
        batch_op.drop_constraint("jobkind_known", type_="check")
        batch_op.create_check_constraint("jobkind_known", "kind IN ('import', 'train', 'predict', 'examine')")
    op.add_column("run", sa.Column("outside", sa.JSON(), nullable=True))
    _points()
    _looks()
    _examinations()


def _points() -> None:
    op.create_table(
        "operating_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Integer(), nullable=False),
        sa.Column("positive", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("level", _word("level_known", "image", "patient"), nullable=False),
        sa.Column("patient_rule", _word("patientrule_known", "", "max", "mean", "noisy_or"), nullable=False),
        sa.Column("calibrator", sa.JSON(), nullable=True),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("(level = 'patient') = (patient_rule != '')", name="patients_have_rule"),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("operating_point_run", "operating_point", ["run_id", "finding", "id"])


def _looks() -> None:
    op.create_table(
        "test_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("point_id", sa.Integer(), nullable=True),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["point_id"], ["operating_point.id"]),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("test_look_run", "test_look", ["run_id", "id"])


def _examinations() -> None:
    op.create_table(
        "examination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("checkpoint_sha256", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("examination_run", "examination", ["run_id", "what", "id"])


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
