"""The kit's side of the hostname service: the boot hook that machines ask it with, and operators' orders to it."""
