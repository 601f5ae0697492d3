"""The face laid flat: every photograph on one map, and what changes on it from day to day."""
