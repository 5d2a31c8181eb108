"""The hostname service: a booting EC2 instance proves which one it is, and is told the name it was assigned.

It stands alone: nothing of `ec2kit` is imported, and each package below is one part of the way a claim goes:
`identity` (which machine asks), `assignments` (which name it should have), `registry` (who holds which name), `dns`
(the records), `puppet` (the certificate), and `claims`, which takes them in this order.
"""
