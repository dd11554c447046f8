"""Measure a run: reports, operating points, subgroups, comparisons, reviews. Knows nothing of saliency."""
