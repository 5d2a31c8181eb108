"""A machine of the sandbox, run here: its disk, its power, and what is told to and heard from the sandbox.

Start at `runner.Runner`. `deeds` and `reach` are pure.
"""
