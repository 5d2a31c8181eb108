"""The IAM policies of `examples/`, made from what looking and steps declare; `python -m docs.policies` writes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ec2kit.aws.actions import BILLING, LOOKING
from ec2kit.engine.steps import STEPS, Step

EXAMPLES = Path(__file__).parents[1] / "examples"
RECOVERING = (
    "ec2kit.recovery.plans",
    "ec2kit.fleet.restore",
    "ec2kit.snapshots.create",
    "ec2kit.snapshots.describing",
    "ec2kit.snapshots.leftovers",
)
"""The planners behind the three lines of a monitor's crontab: `check`, `recover all`, `snapshot create`."""
PASS_ROLE = "iam:PassRole"
PAUSE = "arn:aws:ssm:*:*:parameter/ec2kit/pause"

Document = Mapping[str, Any]


def policies() -> dict[str, Document]:
    """Return each policy by the name of its file."""
    everything = actions_of(STEPS)
    monitor = actions_of(steps_of(RECOVERING))
    return {
        "iam-reading.json": policy(BILLING),
        "iam-recovering.json": policy(monitor, ours_only={"ec2:DeleteSnapshot": "ec2kit:set"}),
        "iam-operating.json": policy({*everything, *BILLING}),
    }


def actions_of(steps: Iterable[type[Step]]) -> set[str]:
    """Given classes of steps, return the IAM actions that they need."""
    return {action for step in steps for action in step.actions}


def steps_of(modules: Iterable[str]) -> set[type[Step]]:
    """Given the names of planners, return the classes of steps that they plan with."""
    return {found for module in modules for found in vars(import_module(module)).values() if found in STEPS}


def policy(changing: Collection[str], ours_only: Mapping[str, str] | None = None) -> Document:
    """Given the changing actions, return the policy document that allows those and all looking.

    `ours_only` names actions that are allowed only on what bears a tag, whatever its value. Roles are passed to
    EC2 only, and the only parameter is that of the pause.
    """
    bound = ours_only or {}
    plain = {action for action in (*LOOKING, *changing) if not action.startswith("ssm:")}
    statements = [_allow("Look", plain & set(LOOKING))]
    if bill := plain & set(BILLING):
        statements.append(_allow("Bill", bill))
    change = plain - set(LOOKING) - set(BILLING) - bound.keys() - {PASS_ROLE}
    if change:
        statements.append(_allow("Change", change))
    for action in sorted(plain & bound.keys()):
        condition = {"StringLike": {f"aws:ResourceTag/{bound[action]}": "*"}}
        statements.append(_allow("ChangeOurs", {action}, Condition=condition))
    if PASS_ROLE in plain:
        condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        statements.append(_allow("PassRoles", {PASS_ROLE}, Condition=condition))
    pause = {action for action in (*LOOKING, *changing) if action.startswith("ssm:")}
    statements.append(_allow("Pause", pause, Resource=PAUSE))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: Iterable[str], **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*", **more}


def text_of(document: Document) -> str:
    """Return a policy as its file has it."""
    return json.dumps(document, indent=2) + "\n"


def main() -> None:
    """Write every policy."""
    for name, document in policies().items():
        (EXAMPLES / name).write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
