"""Recovery: what the documents expect, what this patient's redness does, and what to say of it."""
