"""What lasts between runs: the base, the digest cache, the trash, the lock, the device's name."""
