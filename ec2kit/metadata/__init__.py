"""The instance metadata service and identity signing, given values.

Start at `service.MetadataService`: a pure request handler over a `values.MachineMetadata`. It opens no
socket and reads no clock, so the sandbox serves it over HTTP and a boot test serves it to a real guest.
"""
