"""Changes that other people's devices send: read, judged and applied to the app's database."""
