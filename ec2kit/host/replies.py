"""What came of talking to another machine: an application's words, or the reason why there were none."""

from __future__ import annotations

import errno
import ssl
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: its status, the body as far as it was wanted and came in time, and real seconds taken."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True)
class NoReply:
    """No application said anything.

    `ours`: the reason is on this side (the proxy, a name, a certificate not trusted, no route, no descriptors
    left), so nothing can be told of the machine, and nothing bad may be concluded.
    """

    reason: str
    ours: bool = False


class OurSide(OSError):
    """A connection failed for a reason on this side."""


_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENETUNREACH, errno.EADDRNOTAVAIL)
"""What the system answers when this machine is the reason, not the other one (connect(2), socket(2))."""


def no_reply(error: OSError | HTTPException, *, connected: bool, seconds: float) -> NoReply:
    """Given what ended an attempt of at most `seconds`, say why in words; `connected`: the other side accepted."""
    match error:
        case OurSide():
            return NoReply(str(error), ours=True)
        case TimeoutError():
            waited = f"within {seconds:g} s"
            return NoReply(f"accepted, and no answer {waited}" if connected else f"no connection {waited}")
        case ssl.SSLCertVerificationError():
            return NoReply(f"certificate not trusted: {error.verify_message}", ours=True)
        case ssl.SSLError():
            return NoReply(f"no TLS: {(error.reason or 'protocol error').lower().replace('_', ' ')}")
        case ConnectionRefusedError():
            return NoReply("refused" if not error.args[1:] else f"refused: {error.args[1].lower()}")
        case ConnectionError():
            return NoReply("closed without an answer" if connected else "connection reset")
        case HTTPException():
            shown = f": {str(error.args[0])[:40]!r}" if isinstance(error, BadStatusLine) else ""
            return NoReply(f"the answer is not HTTP{shown}")
    words = (error.strerror or str(error)).lower()
    return NoReply(words, ours=error.errno in _OURS)
