"""Whether a request for a certificate is signed: the machine that was given the name asks, with the token that it got.

A request is signed when all of this is so, asked in this order; else the reason is the word on the right.

    the name is bound                                         no-such-name
    the common name of the request is the certname            name
    the challengePassword is the token of that machine        token
    pp_instance_id is that machine                            instance
    the token has signed no key yet, or just this one         used

The same key again is signed again: the answer may have been lost on its way. A second key is not, so a token that was
read on the machine later is worth nothing.
"""

from __future__ import annotations

from hostname_service.errors import Refused
from hostname_service.model import Binding, BindingState
from hostname_service.puppet.csr import Csr
from hostname_service.puppet.tokens import same_token


def judge(certname: str, csr: Csr, binding: Binding | None, token: str) -> str:
    """Given what puppetserver calls the request, what the request says, who holds that name, and the token that the
    holder was given, return the key that the token has signed from now on; raises `Refused`."""
    if binding is None or binding.state is not BindingState.BOUND or binding.fqdn != certname:
        raise Refused("no-such-name", "no machine has this name")
    if csr.certname != certname:
        raise Refused("name", f"the request is for another name than '{certname}'")
    if not same_token(csr.token, token):
        raise Refused("token", f"the token is not the one that '{certname}' was given")
    if csr.instance_id != binding.machine.instance_id:
        raise Refused("instance", f"the request is not of the machine that has '{certname}'")
    if binding.signed_key not in ("", csr.key):
        raise Refused("used", f"the token of '{certname}' has signed another key")
    return csr.key
