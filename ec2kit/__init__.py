"""EC2 from the shell: one command, and the thing is done, verified and recorded."""

__version__ = "0.1.0"
