"""Content that a demo team makes for all users: which rows and files of a user's are its own."""
