"""Random damage to what lies on disk beside a sound specification, and what has to hold of every
one: for tests/test_damage.py and benchmarks/fuzz_state.py."""
