"""drawings, comments, findings; kinds of tasks with their guideline; retired classes; why a case cannot be assessed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ANSWERS = "answer IN ('label', 'findings', 'unreadable', 'withdrawn')"


def upgrade() -> None:
    """Apply the change; no row is lost."""
    for table in ("case", "annotation"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint("answer_known", type_="check")
            batch_op.create_check_constraint("answer_known", ANSWERS)
    op.add_column("annotation", sa.Column("reason", sa.String(), server_default="", nullable=False))
    op.add_column("label_class", sa.Column("retired_at", sa.Double(), nullable=True))
    kind = sa.Enum(
        "single", "ordinal", "multi", name="taskkind_known", native_enum=False, create_constraint=True, length=16
    )
    with op.batch_alter_table("task") as batch_op:
        batch_op.add_column(sa.Column("kind", kind, server_default="single", nullable=False))
        batch_op.add_column(sa.Column("guideline", sa.String(), server_default="", nullable=False))
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=True),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("withdraws_id", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"],
            ["reader.id"],
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"],
            ["comment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_key"),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("comment_case", ["case_id", "id"], unique=False)
        batch_op.create_index("comment_image", ["image_id"], unique=False)
        batch_op.create_index("comment_withdraws", ["withdraws_id"], unique=False)

    op.create_table(
        "drawing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=True),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "shape",
            sa.Enum(
                "box",
                "ellipse",
                "polygon",
                "freehand",
                "mask",
                "point",
                name="shape_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("geometry", sa.JSON(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "human",
                "import",
                "review",
                name="labelsource_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
        ),
        sa.ForeignKeyConstraint(
            ["label_id"],
            ["label_class.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"],
            ["reader.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_key"),
    )
    with op.batch_alter_table("drawing", schema=None) as batch_op:
        batch_op.create_index("drawing_case", ["case_id", "id"], unique=False)
        batch_op.create_index("drawing_image", ["image_id", "frame", "id"], unique=False)
        batch_op.create_index("drawing_key", ["key", "id"], unique=False)
        batch_op.create_index("drawing_label", ["label_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("annotation_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.Column(
            "presence",
            sa.Enum(
                "present",
                "absent",
                "uncertain",
                name="presence_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["label_id"],
            ["label_class.id"],
        ),
        sa.PrimaryKeyConstraint("annotation_id", "label_id"),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("finding_label", ["label_id", "presence"], unique=False)


def downgrade() -> None:
    """Refuse: a catalogue is not taken back."""
    raise NotImplementedError("a catalogue is not taken back: restore the backup that was made before")
