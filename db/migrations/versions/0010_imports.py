"""The imports, and the images that each of them brought."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; no row is lost."""
    op.create_table(
        "import",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("reader_id", sa.Integer(), sa.ForeignKey("reader.id"), nullable=False),
        sa.Column("job_id", sa.Integer(), sa.ForeignKey("job.id"), nullable=True),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("undone_at", sa.Double(), nullable=True),
        sa.Column("undone_by", sa.Integer(), sa.ForeignKey("reader.id"), nullable=True),
        sa.UniqueConstraint("request_key"),
    )
    op.create_index("import_job", "import", ["job_id"])
    op.create_table(
        "imported_image",
        sa.Column("import_id", sa.Integer(), sa.ForeignKey("import.id"), nullable=False),
        sa.Column("image_id", sa.Integer(), sa.ForeignKey("image.id"), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "image_id"),
    )
    op.create_index("imported_image_image", "imported_image", ["image_id"])


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
