"""New instances: how they are named, where they are tried, what they are made of.

`wanted` is what was asked for, `observe` asks what AWS has of it (the `ground`), `plan` is the pure plan of the two.
"""
