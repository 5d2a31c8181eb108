"""Power: start, stop, reboot and terminate; what goes, what stays billed, and what refuses."""
