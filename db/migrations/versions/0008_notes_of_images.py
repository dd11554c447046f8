"""What an import noticed about an image."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; no row is lost."""
    op.create_table(
        "image_note",
        sa.Column("image_id", sa.Integer(), sa.ForeignKey("image.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "kind"),
    )
    op.create_index("image_note_kind", "image_note", ["kind", "image_id"])


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
