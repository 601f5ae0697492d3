"""Signs that people told: the daily check beside the photographs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=False),
        sa.Column("sign", sa.String(40), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signs"),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="fk_signs_patient_id", ondelete="CASCADE"),
    )
    op.create_index("ix_signs_patient_id", "signs", ["patient_id"])


def downgrade() -> None:
    op.drop_table("signs")
