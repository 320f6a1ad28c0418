"""How well a selection of tests does on real history: `python -m benchmarks.selection`."""
