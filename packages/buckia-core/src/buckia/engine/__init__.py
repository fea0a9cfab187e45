"""One run: both sides are read, compared and brought in step. `run` is where it begins."""
