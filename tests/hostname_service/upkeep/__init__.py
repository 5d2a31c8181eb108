"""The upkeep beside the claims."""
