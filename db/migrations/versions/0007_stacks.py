"""series are cut into stacks: a row for each, with its title, spacing, window and notes; images have a place in it.

Which images belong together is found when the home is opened: a migration only marks the series with several images.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMED = {"uq": "uq_%(table_name)s_%(column_0_name)s"}  # a constraint that an older version made without a name


def upgrade() -> None:
    """Apply the change; no row is lost."""
    (unique,) = sa.inspect(op.get_bind()).get_unique_constraints("series")
    with op.batch_alter_table("series", naming_convention=NAMED) as batch_op:
        batch_op.drop_constraint(unique["name"] or "uq_series_study_id", type_="unique")
        batch_op.add_column(sa.Column("stack", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("title", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("spacing_mm", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("notes", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("window", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("reads_differently", sa.JSON(), nullable=True))
        batch_op.create_unique_constraint("series_stack", ["study_id", "uid_key", "stack"])
    op.add_column("image", sa.Column("attributes", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("image", sa.Column("place", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("image_series", "image")
    op.create_index("image_series", "image", ["series_id", "place"])
    op.execute(
        "UPDATE series SET stack = -1 WHERE id IN "
        "(SELECT series_id FROM image WHERE series_id IS NOT NULL GROUP BY series_id HAVING count(*) > 1)"
    )


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
