"""Large objects in S3, made of streams in parts and read back: what a bundle's disks and directories become.

An object is a sequence of whole zstd frames, which `zstd -d` reads as one file (RFC 8878, 3.1). Each part of the
upload ends with a frame, so that a part can be made, checked and read by itself.
"""
