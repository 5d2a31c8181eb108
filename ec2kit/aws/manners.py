"""How patient clients are: time-outs and tries of botocore, one set for each kind of call."""

from __future__ import annotations

from botocore.config import Config

PATIENT = Config(retries={"mode": "standard", "max_attempts": 10})
READING = PATIENT.merge(
    Config(
        connect_timeout=5,
        read_timeout=60,
        user_agent_extra="ec2kit",
    )
)
ACTING = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=20,
    user_agent_extra="ec2kit",
)
ASIDE = ACTING.merge(Config(connect_timeout=2, read_timeout=10))
"""For what is nice to know: one attempt, soon given up."""
ASKING = READING.merge(
    Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=2, read_timeout=10)
)
"""For what is worth asking again and can be done without: prices, of which there are some on this machine."""
SPENDING = READING.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
"""For requests that AWS charges for: few attempts, since each may be charged for, and time for a long answer."""
BLOCKS = ACTING.merge(Config(max_pool_connections=64))
"""A connection for each of as many threads as coldsnap has workers; botocore throws the eleventh away."""

OBJECTS = BLOCKS.merge(
    Config(
        read_timeout=60,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
)
"""We bring checksums of our own: botocore would compute another one over every part, and endpoints that are not AWS's
may refuse it. A part takes longer to be answered than other calls."""
