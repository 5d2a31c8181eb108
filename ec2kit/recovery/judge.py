"""From evidence to a verdict: pure, and the page to read when asking why a machine was, or was not, recovered.

Decision table, first line that fits:

| state              | evidence                                                       | verdict            |
|--------------------|----------------------------------------------------------------|--------------------|
| any                | the control probe failed                                       | unknown (monitor)  |
| any                | a failure of it is being recovered                             | failed (goes on)   |
| stopped, ended     | our own `fencing` mark: a recovery stopped it                  | failed, fenced     |
| stopped, ended     | StateReason is somebody's will                                 | willed             |
| stopped, ended     | StateReason is the server's                                    | failed, fenced     |
| stopped, ended     | no reason told                                                 | suspect            |
| stopping, ending   | any                                                            | suspect            |
| pending            | any                                                            | starting           |
| running            | a reply newer than the trouble                                 | healthy or suspect |
| running            | within grace, never a reply nor passed checks since the start  | starting           |
| running            | an EC2 check impaired for `over`, nobody got a reply           | failed             |
| running            | two kinds, each `bad` of `of` over `over`, nobody got a reply  | failed             |
| running            | anything bad                                                   | suspect            |
| running            | nothing to judge by                                            | unjudgeable        |

An application's answer with a wrong status is still a reply: the machine lives, and stopping it would not be a
recovery but an outage. `initializing` and `insufficient-data` are not failures. An error of ours is no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.instances import CheckState, Instance, InstanceStatus, State
from ec2kit.model.periods import format_duration
from ec2kit.model.tags import STATE
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.policy import Policy

WILLED = ("Client.UserInitiatedShutdown", "Client.InstanceInitiatedShutdown")
"""StateReasons that are a person's or the machine's own order (EC2, StateReason)."""
REPLIED = "replied"
"""What a bad application sample's reason begins with when there was a reply after all (a wrong status, say)."""

BUT_IT_REPLIED = "but it replied"
"""What the reason begins with that cancels all others."""


class Condition(StrEnum):
    """What a machine is judged to be."""

    HEALTHY = "healthy"
    STARTING = "starting"
    SUSPECT = "suspect"
    FAILED = "failed"
    WILLED = "stopped by order"
    GONE = "vanished"
    UNJUDGEABLE = "cannot be judged"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Judgement:
    """The verdict on one machine with its reasons; `fenced` says that it is off already."""

    condition: Condition
    reasons: tuple[str, ...] = ()
    fenced: bool = False

    def __str__(self) -> str:
        return f"{self.condition}: {'; '.join(self.reasons)}" if self.reasons else self.condition.value


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of one machine: what EC2 shows now, and the samples of the policy's window."""

    instance: Instance
    status: InstanceStatus | None
    samples: tuple[Sample, ...] = ()
    control: bool = True
    control_reason: str = ""


def judge(evidence: Evidence, policy: Policy, now: datetime) -> Judgement:
    """Given the evidence, return the verdict by the table above."""
    instance = evidence.instance
    if not evidence.control:
        return Judgement(Condition.UNKNOWN, (f"the monitor is sick: {evidence.control_reason}",))
    off = instance.state in (State.STOPPED, State.TERMINATED)
    if _is_recovering(instance):
        return Judgement(Condition.FAILED, ("its recovery is under way",), fenced=off)
    if off and instance.tags.get(STATE) == "fencing":
        return Judgement(
            Condition.FAILED, (f"{instance.state} by a recovery that did not finish",), fenced=True
        )
    if instance.state is not State.RUNNING:
        return _judge_not_running(instance)
    return _judge_running(evidence, policy, now)


def _is_recovering(instance: Instance) -> bool:
    failure = failure_of(instance.tags)
    return failure is not None and failure.course is Course.RECOVERING


def _judge_not_running(instance: Instance) -> Judgement:
    state, reason = instance.state, instance.state_reason
    if state is State.PENDING:
        return Judgement(Condition.STARTING, ("the instance is pending",))
    if reason in WILLED:
        told = f"{state} by order ({reason})"
        return Judgement(
            Condition.WILLED, (told, f"no longer to be watched: ec2kit protect {instance.name} --off")
        )
    if state in (State.STOPPING, State.SHUTTING_DOWN):
        return Judgement(
            Condition.SUSPECT, (f"{state}, which is not an end state ({reason or 'no reason told'})",)
        )
    if not reason:
        return Judgement(Condition.SUSPECT, (f"{state}, and AWS tells no reason",))
    told = f"{state} by AWS: {reason}" + (f" ({instance.state_message})" if instance.state_message else "")
    return Judgement(Condition.FAILED, (told,), fenced=True)


def _judge_running(evidence: Evidence, policy: Policy, now: datetime) -> Judgement:
    impaired = _impaired_checks(evidence.status, policy, now)
    bad = {kind: found for kind in Kind if (found := _bad_run(evidence.samples, kind, policy))}
    replies = _last_replies(evidence.samples, evidence.instance.launched)
    trouble = [text for text, _ in impaired] + [run.text for run in bad.values()]
    latest = _latest(evidence.samples)
    if trouble and (witness := _witness(latest)):
        return Judgement(Condition.SUSPECT, (*trouble, f"{BUT_IT_REPLIED}: {witness}"))
    if (
        not replies
        and not _checks_passed(evidence.status)
        and now - evidence.instance.launched < policy.grace
    ):
        return Judgement(
            Condition.STARTING, (f"started {_ago(evidence.instance.launched, now)} ago, in grace",)
        )
    if lasting := [text for text, lasts in impaired if lasts]:
        return Judgement(Condition.FAILED, (*lasting, _nobody(latest)))
    full = [run for run in bad.values() if run.full]
    if len(full) >= 2:
        return Judgement(Condition.FAILED, (*(run.text for run in full), _nobody(latest)))
    if trouble:
        return Judgement(Condition.SUSPECT, (*trouble, *_what_lacks(bad, full, policy)))
    if not any(sample.kind.is_application for sample in evidence.samples) and evidence.status is None:
        return Judgement(Condition.UNJUDGEABLE, ("no check and no probe tells anything: add a probe",))
    return Judgement(Condition.HEALTHY, _good_reasons(evidence, latest))


@dataclass(frozen=True)
class _BadRun:
    """The bad samples of one kind among the last ones: whether `bad` of `of` for `over`, and in words."""

    kind: Kind
    full: bool
    text: str


def _bad_run(samples: Sequence[Sample], kind: Kind, policy: Policy) -> _BadRun | None:
    """The kind's bad samples if the newest told one is bad: samples that tell nothing are left out."""
    told = [sample for sample in samples if sample.kind is kind and sample.verdict is not Verdict.UNKNOWN]
    recent = _recent(sorted(told, key=lambda sample: sample.at), policy)
    bad = [sample for sample in recent if sample.verdict is Verdict.BAD]
    if not bad or recent[-1].verdict is not Verdict.BAD:
        return None
    lasted = bad[-1].at - bad[0].at
    text = f"{kind}: {len(bad)} bad of {len(recent)} over {format_duration(lasted)} ({bad[-1].reason})"
    enough = len(bad) >= policy.bad and len(bad) * policy.of >= policy.bad * len(recent)
    return _BadRun(kind, enough and lasted >= policy.over, text)


def _recent(told: Sequence[Sample], policy: Policy) -> Sequence[Sample]:
    """The last `of` samples, and as many before them as it takes to span `over`: who looks more often than once a
    minute (check and recover beside each other, a person at a terminal) must not shorten what is looked back at."""
    if not told:
        return told
    first = max(0, len(told) - policy.of)
    while first > 0 and told[-1].at - told[first].at < policy.over:
        first -= 1
    return told[first:]


def _impaired_checks(status: InstanceStatus | None, policy: Policy, now: datetime) -> list[tuple[str, bool]]:
    """EC2's impaired checks in words, each with whether it has lasted long enough."""
    if status is None:
        return []
    checks: tuple[tuple[str, CheckState], ...] = (
        ("system", status.system),
        ("instance", status.instance),
        ("attached EBS", status.ebs),
    )
    return [
        (
            f"EC2 {name} check impaired"
            + (f" for {_ago(check.impaired_since, now)}" if check.impaired_since else ""),
            check.impaired_since is not None and now - check.impaired_since >= policy.over,
        )
        for name, check in checks
        if check.status == "impaired"
    ]


def _checks_passed(status: InstanceStatus | None) -> bool:
    return status is not None and status.system.status == "ok" and status.instance.status == "ok"


def _latest(samples: Sequence[Sample]) -> list[Sample]:
    """The told samples of each application kind's newest look: of two probes of a kind each is a witness. What two
    say in the same words is said once."""
    newest: dict[Kind, list[Sample]] = {}
    for sample in sorted(samples, key=lambda each: each.at):
        if sample.kind.is_application and sample.verdict is not Verdict.UNKNOWN:
            look = newest.setdefault(sample.kind, [])
            if look and look[0].at < sample.at:
                look.clear()
            if not any((each.verdict, each.reason) == (sample.verdict, sample.reason) for each in look):
                look.append(sample)
    return [sample for look in newest.values() for sample in look]


def got_reply(sample: Sample) -> bool:
    """Whether the application answered at all, if only with a wrong status."""
    return sample.verdict is Verdict.GOOD or (
        sample.verdict is Verdict.BAD and sample.kind.is_application and sample.reason.startswith(REPLIED)
    )


def _witness(latest: Sequence[Sample]) -> str:
    return ", ".join(f"{sample.kind} ({sample.reason or 'ok'})" for sample in latest if got_reply(sample))


def _last_replies(samples: Sequence[Sample], since: datetime) -> list[Sample]:
    return [each for each in samples if each.kind.is_application and got_reply(each) and each.at >= since]


def _nobody(latest: Sequence[Sample]) -> str:
    if not latest:
        return "no probe contradicts it"
    return "nobody got a reply: " + ", ".join(f"{sample.kind} ({sample.reason})" for sample in latest)


def _what_lacks(bad: dict[Kind, _BadRun], full: Sequence[_BadRun], policy: Policy) -> tuple[str, ...]:
    if len(full) == 1 and len(bad) == 1:
        return ("one kind of evidence alone is not enough: add a second probe",)
    if full:
        return ("the second kind of evidence has not lasted yet",)
    return (f"not yet {policy.bad} bad of {policy.of} over {format_duration(policy.over)}",)


def _good_reasons(evidence: Evidence, latest: Sequence[Sample]) -> tuple[str, ...]:
    replied = tuple(f"{sample.kind}: {sample.reason or 'ok'}" for sample in latest)
    return replied or (("EC2's checks",) if _checks_passed(evidence.status) else ())


def _ago(then: datetime | None, now: datetime) -> str:
    return format_duration(now - then) if then else "?"
