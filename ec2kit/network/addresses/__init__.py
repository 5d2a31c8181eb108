"""Elastic IPs that prove who holds them: which words mean one, and the plans that move them."""
