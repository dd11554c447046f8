"""tasks about studies; numbers as answers; which flips a task allows; what models shall say of a frozen case."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ANSWERS = "answer IN ('label', 'findings', 'value', 'unreadable', 'withdrawn')"
KINDS = ("single", "ordinal", "multi", "number")


def upgrade() -> None:
    """Apply the change; no row is lost."""
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_constraint("answer_known", type_="check")
        batch_op.add_column(sa.Column("study_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("value", sa.Double(), nullable=True))
        batch_op.create_foreign_key("case_study_id_fkey", "study", ["study_id"], ["id"])
        batch_op.create_check_constraint("answer_known", ANSWERS)
    with op.batch_alter_table("annotation") as batch_op:
        batch_op.drop_constraint("answer_known", type_="check")
        batch_op.add_column(sa.Column("value", sa.Double(), nullable=True))
        batch_op.create_check_constraint("answer_known", ANSWERS)
        batch_op.create_check_constraint("value_has_number", "(answer = 'value') = (value IS NOT NULL)")
    with op.batch_alter_table("task") as batch_op:
        batch_op.drop_constraint("unit_known", type_="check")
        batch_op.drop_constraint("taskkind_known", type_="check")
        batch_op.add_column(sa.Column("measure", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("low", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("high", sa.Double(), nullable=True))
        batch_op.add_column(
            sa.Column("flips", _word("flips_known", "none", "left-right", "any"), server_default="none", nullable=False)
        )
        batch_op.create_check_constraint("unit_known", "unit IN ('image', 'series', 'study')")
        batch_op.create_check_constraint("taskkind_known", f"kind IN {KINDS}")
    with op.batch_alter_table("snapshot") as batch_op:
        batch_op.add_column(sa.Column("kind", _word("taskkind_known", *KINDS), server_default="single", nullable=False))
    op.add_column("snapshot_case", sa.Column("targets", sa.JSON(), nullable=True))
    op.add_column("snapshot_case", sa.Column("images", sa.JSON(), nullable=True))
    op.add_column("run", sa.Column("also", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("prediction", sa.Column("more", sa.JSON(), nullable=True))


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
