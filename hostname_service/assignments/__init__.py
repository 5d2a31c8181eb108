"""Which name a machine shall have: an operator's order, else its own tag, else the file; else none.

`which` asks them in that order. `names` says what a name may be, `patterns` finds the lowest free number, `tags` reads
the machine's tag; `rules` are what the file says, `reading` finds every fault of it, `file` follows it as it changes.
"""
