"""The only door to this machine: clock, files, locks, SQLite, network, processes, terminal, who we are."""
