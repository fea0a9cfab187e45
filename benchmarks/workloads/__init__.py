"""What people do every day, and what they do once."""
