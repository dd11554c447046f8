"""Ours against what its users would write instead, alternately, in one run. Never in CI."""
