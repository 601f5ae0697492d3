"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _of(table: str, name: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{parent}.id"], name=f"fk_{table}_{name}", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "patients",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
    )
    op.create_index("ix_patients_owner", "patients", ["owner"])
    op.create_table(
        "treatments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("treated_at", TIME, nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(40), nullable=False),
        sa.Column("needle_depth_mm", sa.Double(), nullable=True),
        sa.Column("passes", sa.Integer(), nullable=True),
        sa.Column("body_area", sa.String(40), nullable=False),
        sa.Column("skin_tone", sa.String(10), nullable=False),
        sa.Column("sensitive_skin", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_treatments"),
        _of("treatments", "patient_id", "patients"),
    )
    op.create_index("ix_treatments_patient_id", "treatments", ["patient_id"])
    op.create_table(
        "photographs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("captured_at", TIME, nullable=True),
        sa.Column("offset_minutes", sa.Integer(), nullable=True),
        sa.Column("bare_skin", sa.Boolean(), nullable=False),
        sa.Column("object_key", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("added_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_photographs"),
        _of("photographs", "patient_id", "patients"),
        sa.UniqueConstraint("patient_id", "sha256", name="uq_photographs_patient_id_sha256"),
        sa.UniqueConstraint("patient_id", "name", name="uq_photographs_patient_id_name"),
    )
    op.create_index("ix_photographs_patient_id", "photographs", ["patient_id"])
    op.create_table(
        "readings",
        sa.Column("photograph_id", sa.String(36), nullable=False),
        sa.Column("method_version", sa.String(60), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("photograph_id", "method_version", name="pk_readings"),
        _of("readings", "photograph_id", "photographs"),
    )
    op.create_table(
        "courses",
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_courses"),
        _of("courses", "patient_id", "patients"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("object", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def downgrade() -> None:
    for table in ("audit", "courses", "readings", "photographs", "treatments", "patients"):
        op.drop_table(table)
