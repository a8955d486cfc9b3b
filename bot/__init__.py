"""Access Watch: tells people, within minutes, when humanitarian access changes."""
