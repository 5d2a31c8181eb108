"""Real name servers on loopback, with directories and ports of their own; they end with the test."""
