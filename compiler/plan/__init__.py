"""What factory.yaml means: names resolved to objects, rounds unrolled, shapes digested."""
