"""Who holds which name, written down: trust on first use, bindings, operators' words, and the audit.

`port` is what the rest of the service sees. `rules` decides, for every back end alike, what may be written, and `rows`
turns values to what is kept and back. `sqlite` (with `schema` and `places`) and `dynamodb` (with `items` and `table`)
make one transaction of it.
"""
