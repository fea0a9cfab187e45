"""`python -m buckia` is `buckia`."""

from __future__ import annotations

from buckia.cli import main

if __name__ == "__main__":
    main()
