"""`python -m factoryline` is `factory`."""

from __future__ import annotations

from factoryline.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
