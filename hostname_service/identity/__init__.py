"""Which machine asks: from the signed identity document to a document that every check has passed.

`verify.attest` goes from text to a `Document`: `ber` bounds the bytes, `cms` verifies them, `certificates` says whose
signature counts, `document` reads what was signed. `checks` are the questions asked of the document after that, and
`instances` is how EC2 is asked about the machine.
"""
