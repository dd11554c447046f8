"""tables, columns and stored words renamed to the terms of the field; no row is added or lost."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = (
    ("run", "outside", "external_source"),
    ("run", "also", "extra_snapshots"),
    ("analysis", "what", "kind"),
    ("analysis", "asked", "settings"),
)
ANSWERS = "answer IN ('label', 'findings', 'value', 'unassessable', 'withdrawn')"
JOB_KINDS = "kind IN ('import', 'train', 'predict', 'analyze')"
SYMMETRIES = "flips IN ('none', 'left-right', 'any')"


def upgrade() -> None:
    """Apply the change; no row is lost."""
    op.drop_index("test_look_run", "test_look")
    op.rename_table("test_look", "test_set_view")
    op.create_index("test_set_view_run", "test_set_view", ["run_id", "id"])
    op.drop_index("examination_run", "examination")
    op.rename_table("examination", "analysis")
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.create_index("analysis_run", "analysis", ["run_id", "kind", "id"])
    _rename_word("case", "answer", "answer_known", "unreadable", "unassessable", ANSWERS)
    _rename_word("annotation", "answer", "answer_known", "unreadable", "unassessable", ANSWERS)
    _rename_word("job", "kind", "jobkind_known", "examine", "analyze", JOB_KINDS)
    with op.batch_alter_table("task") as batch_op:
        batch_op.drop_constraint("flips_known", type_="check")
        batch_op.create_check_constraint("mirrorsymmetry_known", SYMMETRIES)


def _rename_word(table: str, column: str, constraint: str, old: str, new: str, accepted: str) -> None:
    """Replace a stored word; neither constraint accepts both, so none stands while the rows change."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(constraint, type_="check")
    changed = sa.table(table, sa.column(column, sa.String()))
    op.execute(changed.update().where(changed.c[column] == old).values({column: new}))
    with op.batch_alter_table(table) as batch_op:
        batch_op.create_check_constraint(constraint, accepted)


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
