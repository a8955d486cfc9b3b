"""A small Bot API of our own: one core, served in process to the terminal chat and over HTTP to tests."""
