"""Every change that ec2kit can make to AWS, as one frozen class each; `STEPS` is the closed list of them."""

from __future__ import annotations

from ec2kit.engine.steps.base import Step

STEPS: tuple[type[Step], ...] = ()
"""From which the journal decodes; a class that is not here cannot be resumed."""

KINDS: dict[str, type[Step]] = {step.kind: step for step in STEPS}
"""The steps by the name that the journal and plans give them."""
