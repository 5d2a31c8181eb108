"""Names in the town's zone, and what a certificate of Puppet's says of a machine."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from cryptography import x509

from tests.hostnames.chain.service import ZONE
from tests.hostnames.chain.town import Instance, Town

PP_INSTANCE_ID = x509.ObjectIdentifier("1.3.6.1.4.1.34380.1.1.2")


def fqdn(name: str) -> str:
    """A name in the zone."""
    return f"{name}.{ZONE}"


def reverse(instance: Instance) -> str:
    """Where its PTR is."""
    return ".".join(reversed(instance.address.split("."))) + ".in-addr.arpa"


def instance_of(pem: bytes) -> str:
    """Which instance a certificate (PEM) is of."""
    found = x509.load_pem_x509_certificate(pem)
    value = found.extensions.get_extension_for_oid(PP_INSTANCE_ID).value
    assert isinstance(value, x509.UnrecognizedExtension)
    # A UTF8String in DER: tag 12, a length below 128, and the text.
    tag, length, text = value.value[0], value.value[1], value.value[2:]
    assert (tag, length) == (12, len(text))
    return text.decode()


def status(town: Town, pem: Path, key: Path) -> int:
    """What puppetserver answers to whoever shows this certificate; 0: the handshake fails."""
    context = ssl.create_default_context(cafile=town.puppet.ca)
    context.load_cert_chain(pem, key)
    to = http.client.HTTPSConnection(town.puppet.certname, town.puppet.port, timeout=30, context=context)
    try:
        to.request("GET", "/puppet-ca/v1/expirations")
        return to.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        to.close()
