"""Which instances a person means, and everything a machine is.

`selectors` turns words into a selection (pure), `select` asks AWS for it, `machine` describes a machine fully,
`description` writes that into a launch template and tags and reads it back, `fidelity` compares two machines.
"""
