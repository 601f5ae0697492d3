"""From calibrated photographs to regions, redness, recovery and an honest verdict."""
