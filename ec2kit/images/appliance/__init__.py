"""A small machine of our own that reads and changes other machines' file systems, with real drivers and no rights.

Start at `reading.tar_out` and `changing.scrub`, or run any script with `machine.Appliance`; `build.appliance`
makes the machine once and keeps it. A machine that an NBD server feeds never changes what it reads.
"""
