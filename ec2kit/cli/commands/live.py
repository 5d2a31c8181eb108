"""Samples taken now, at a terminal: a person who waits for a verdict sees what it is made of."""

from __future__ import annotations

from datetime import timedelta

from ec2kit.cli.commands.monitoring import Named
from ec2kit.cli.context import Context
from ec2kit.errors import Interrupted
from ec2kit.model.evidence import Sample, Verdict
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.policy import Policy
from ec2kit.recovery.watch import Monitor, Watch, policy_or_watch, watch


def watch_live(context: Context, monitor: Monitor, meant: Named, *, wanted: bool) -> Watch:
    """Look, and while a machine that was named is suspect look again, until a verdict or the policy's `of` samples.

    The pauses are such that the samples span the policy's duration. Raises `Interrupted`.
    """
    look = watch(monitor, meant.extra)
    rounds = 1
    while wanted and (suspects := _suspects(look, meant)):
        most = max(policy.of for policy in suspects.values())
        for name in suspects:
            context.say(f"{name}: sample {rounds} of {most}: {_told(look, name)}")
        if rounds >= most:
            return look
        context.clock.sleep(max(map(pause_of, suspects.values())).total_seconds())
        if context.clock.stop.is_set():
            raise Interrupted("interrupted: nothing was changed")
        look = watch(monitor, meant.extra)
        rounds += 1
    return look


def pause_of(policy: Policy) -> timedelta:
    """Given a policy, return the pause between samples: `of` of them take `over`, and a second each for the call."""
    return policy.over / max(1, policy.of - 1) + timedelta(seconds=1)


def _suspects(look: Watch, meant: Named) -> dict[str, Policy]:
    return {
        each.instance.name: policy_or_watch(each.instance)[0]
        for each in look.machines
        if meant.has(each.instance.id) and each.judgement.condition is Condition.SUSPECT
    }


def _told(look: Watch, name: str) -> str:
    """The newest sample of each kind of this machine, in words."""
    watched = next(each for each in look.machines if each.instance.name == name)
    newest: dict[str, Sample] = {sample.kind: sample for sample in look.samples[watched.instance.id]}
    bad = [
        f"{kind} {sample.verdict}" + (f" ({sample.reason})" if sample.verdict is not Verdict.GOOD else "")
        for kind, sample in newest.items()
    ]
    return ", ".join(bad) or "; ".join(watched.judgement.reasons)
