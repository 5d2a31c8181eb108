"""What DNS says of names: A, AAAA and an owner TXT that guards them, and PTR.

`port` is what the rest of the service sees. `keeping` decides, for every back end alike, what may be changed;
`rfc2136` (with `exchange`) and `route53` (with `batches`) make one change under its condition. `reconcile` compares.
"""
