"""which weights an operating point was chosen on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; no row is lost."""
    op.add_column("operating_point", sa.Column("checkpoint_sha256", sa.String(), nullable=True))


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
