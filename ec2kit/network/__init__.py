"""What machines are reached by: Elastic IPs."""
