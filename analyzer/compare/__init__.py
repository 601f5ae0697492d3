"""Before and after: two photographs of one face, aligned, at one scale, in one light, and what changed between them."""

from analyzer.compare.comparison import Comparison, comparison
from analyzer.compare.sides import Side

__all__ = ["Comparison", "Side", "comparison"]
