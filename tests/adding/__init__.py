"""What docs/adding.md starts from, and what every entry of a registry needs."""
