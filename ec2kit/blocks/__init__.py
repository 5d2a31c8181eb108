"""The 512-KiB blocks of disks: of files and of snapshots, carried up and down, compared, read at random.

Below the engine, whose steps upload and verify with it; images and bundles read with it.
"""
