"""Alembic's entry: runs the migrations on the connection it was handed."""

from __future__ import annotations

from alembic import context

from analyzer.records.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
