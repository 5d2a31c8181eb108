"""What AWS asks for things: its price documents, read into prices that are one thing each, or refused."""
