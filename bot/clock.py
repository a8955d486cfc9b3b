"""What time it is; the one place that reads the clock of the machine for the pipeline."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC. Handed to those who need it, so that a test can hand them another."""
    return datetime.now(UTC)
