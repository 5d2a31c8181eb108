"""Bundles: an instance's disks or directories in S3, in plain formats, and back.

A bundle is everything under `s3://BUCKET/PREFIX/NAME.bundle/`. It is there when it has a manifest, which is written
last; docs/how-to/bundles.md says what is in it.
"""
