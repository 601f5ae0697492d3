"""The colour card that a patient's photographs are taken with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patients", sa.Column("card", sa.String(40), nullable=False, server_default="auto"))
    op.add_column("patients", sa.Column("paired_card", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("patients") as table:
        table.drop_column("paired_card")
        table.drop_column("card")
