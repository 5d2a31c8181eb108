"""The certificate: a token that stands for a machine, the judgement of a signing request, and the CA cleaned.

`tokens` makes the token, `csr` reads a request, `policy` judges it, `ca` cleans the authority; `autosign` is the
program that puppetserver runs, and asks the service.
"""
