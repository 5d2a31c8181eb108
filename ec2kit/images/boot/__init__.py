"""Boot an image here, before anybody relies on it: QEMU, a metadata service, and a verdict on the console.

Start at `trial.boot_test`. `machine`, `guest` and `console` are pure: the command line, what the guest is told,
and what its console says.
"""
