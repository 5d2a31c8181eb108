"""The whole decision of recovery, in one place and without any effect: given what a tick has seen, what is next.

A failed machine goes through these moves; each is one small plan, and stopping after any of them is safe,
because the next tick sees from AWS alone (state, tags, address table) where things stand.

    begin          tag: failure N is being recovered, on the restart rung, since now; we are fencing
    restart/stop   stop it and see `stopped` three times; after a while force, after another cut the power
    .. call off    it replied before it was stopped: nothing is done, nor begun again for 5 to 30 minutes
    restart/start  start the same instance: new host, same disks, same address, nothing lost
    .. await       its own probe replies and EC2's checks pass, or the rung's time from the start on is up
    fence again    (only by one who was held up: another monitor replaced it while we started it)
    quarantine again  (likewise: another monitor replaced it, and we took its mark for ours and removed it)
    escalate       tag: now on the replace rung (only if the policy reaches it and a good set is there)
    replace/stop   as above: nobody takes over from a machine that is not confirmed off
    replace        quarantine the old half, keep its disks, keep a last set of them, launch from the newest good set
    .. await       the replacement's own probe replies
    address        move the Elastic IP to it, only from the machine that was just fenced
    .. await       EC2's three checks pass
    finish         tag: done, cool-down of an hour; the old half stays in quarantine until a person retires it
    give up        tag: failed; nothing more happens to this machine until a person acknowledges

A monitor may die between any two of them, and the next one come an hour later. So each wait counts from what AWS
shows to have begun (the start, the launch), no time is up before this very process has tried, and a machine that
replies meanwhile is not replaced: that would lose what it has written since its newest set.

Never here: a delete, a terminate, an address taken from a stranger, a start of anything while its twin may run.
"""

from __future__ import annotations

from datetime import datetime

from ec2kit.model.ids import InstanceId, Zone
from ec2kit.model.instances import State
from ec2kit.model.tags import HOLD_FAILED, HOLD_PAUSE, REPLACED_BY, STATE
from ec2kit.recovery import plans
from ec2kit.recovery.candidates import NoCandidate
from ec2kit.recovery.failures import Course, Failure
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.moves import Act, Await, Blocked, Done, Move
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.seen import Seen

WAITS_FOR_A_PERSON = 3
"""After plain, forced and cut-power stopping have each had their time, a stuck stop waits for a person."""
LIFTED_BY = {HOLD_FAILED: "ack", HOLD_PAUSE: "resume"}
"""The word that lifts a hold; a cool-down ends by itself."""
AWS_ACTS = ("instance-reboot", "system-reboot", "system-maintenance", "instance-retirement", "instance-stop")
"""Scheduled events during which AWS itself is at work on the machine (DescribeInstanceStatus)."""


def next_move(seen: Seen, policy: Policy, now: datetime) -> Move:
    """Given what a tick has seen, the machine's policy and AWS's time, return what to do next."""
    under_way = seen.failure is not None and seen.failure.course is Course.RECOVERING
    if seen.by_hand and not (under_way and seen.failure and seen.failure.to):
        return _by_hand(seen, seen.by_hand, now)
    if seen.failure is None or not under_way:
        return _before(seen, policy, now)
    if seen.failure.rung is Rung.REPLACE:
        return _replacing(seen, seen.failure, policy, now)
    return _restarting(seen, seen.failure, policy, now)


def _before(seen: Seen, policy: Policy, now: datetime) -> Move:
    """No recovery is under way: begin one, if the machine failed and nothing forbids it."""
    if seen.old.tags.get(STATE) == "quarantined":
        if seen.started_by_us and not seen.old_is_off:
            why = "another monitor replaced it while we started it"
            return Act("fence again", why, plans.stop_again(seen, policy))
        return Done(f"it is in quarantine, replaced by {seen.old.tags.get(REPLACED_BY, 'another')}")
    if REPLACED_BY in seen.old.tags and not seen.old.state.is_gone:
        why = "another monitor replaced it while we were held up, and we wrote over its mark"
        return Act("quarantine again", why, plans.quarantine_again(seen))
    if seen.judgement.condition is not Condition.FAILED:
        return Done(str(seen.judgement))
    if blocked := _forbidden(seen, now):
        return blocked
    first = Rung.REPLACE if seen.old.state is State.TERMINATED else Rung.RESTART
    if not policy.last.reaches(first):
        return Blocked(
            f"it is protected up to '{policy.last}', and its recovery would begin with '{first}'",
            hint=f"ec2kit protect {seen.old.name} --last {first}",
        )
    if first is Rung.REPLACE and isinstance(seen.source, NoCandidate):
        return _no_candidate(seen, seen.source)
    return Act("begin", str(seen.judgement), plans.begin(seen, first, now))


def _by_hand(seen: Seen, to: Zone, now: datetime) -> Move:
    """A person vouches for the old half being off, because its zone is gone: straight to a replacement elsewhere.
    What AWS cannot show is not asked for; what a person may not override still forbids."""
    if seen.old.tags.get(STATE) == "quarantined":
        return Done(f"it is in quarantine, replaced by {seen.old.tags.get(REPLACED_BY, 'another')}")
    if seen.objections:
        return Blocked("; ".join(seen.objections), hint="ec2kit recovery status")
    if isinstance(seen.source, NoCandidate):
        return _no_candidate(seen, seen.source)
    return Act("begin", f"fenced by hand, to {to}", plans.begin(seen, Rung.REPLACE, now, to))


def _forbidden(seen: Seen, now: datetime) -> Blocked | None:
    for key, hold in seen.holds.items():
        verb = LIFTED_BY.get(key)
        return Blocked(f"held: {hold}", hint=f"ec2kit recovery {verb} {seen.old.name}" if verb else "")
    if seen.objections:
        return Blocked("; ".join(seen.objections), hint="ec2kit recovery status")
    for event in seen.events:
        if event.code in AWS_ACTS and event.not_before is not None and event.not_before <= now:
            return Blocked(f"AWS is at work on it: {event.code} ({event.description})")
    return None


def _no_candidate(seen: Seen, none: NoCandidate) -> Blocked:
    return Blocked(
        f"nothing good to start a replacement from: {none.reason}",
        hint=f"ec2kit snapshot ls {seen.old.name}",
    )


def _restarting(seen: Seen, failure: Failure, policy: Policy, now: datetime) -> Move:
    """On the restart rung: stop, start, wait for a reply; then done, or up the ladder."""
    since = failure.since or now
    if seen.successor is not None and not seen.successor.state.is_gone:
        # A monitor that was held up wrote `begin` over what another one has done since: never two of one machine.
        return Act("escalate", "its replacement is there already", plans.escalate(seen, failure, now))
    if seen.old.state is State.TERMINATED:
        return _up(seen, failure, policy, now, "the instance was terminated meanwhile")
    if seen.old.launched <= since:
        if seen.old.state is State.RUNNING and seen.health.lives:
            return Act("call off", "it replied before it was stopped", plans.call_off(seen, failure, now))
        if move := _fence(seen, Rung.RESTART, policy):
            return move
        if seen.no_room and now - since > policy.restart:
            return _no_room(seen)
        return Act("restart", "new host, same disks, nothing lost", plans.start(seen))
    if now - seen.old.launched > policy.restart and not seen.health.lives:
        return _up(seen, failure, policy, now, "restarted, and it still does not reply")
    return _back(seen, failure, policy, now)


def _no_room(seen: Seen) -> Blocked:
    """AWS has no capacity to start it. A replacement would want the same room in the same place, and lose what was
    written since its set: whenever that could be launched, this could be started. So every run tries it again."""
    old = seen.old
    return Blocked(
        f"AWS has no capacity to start a {old.type} in {old.zone}: it stays stopped, with its disks",
        hint="each run tries again; another type may have room: "
        f"aws ec2 modify-instance-attribute --instance-id {old.id} --instance-type Value=TYPE",
    )


def _back(seen: Seen, failure: Failure, policy: Policy, now: datetime) -> Move:
    """The machine runs again with its own disks: done when it is verified. One that replies is not replaced, however
    long EC2's checks take: what they say from then on is judged anew."""
    if seen.health.verified:
        return Act("finish", "the machine serves again", plans.finish_restart(seen, failure, policy, now))
    if now - seen.old.launched <= policy.restart:
        return Await("waiting for the restarted machine's reply and EC2's checks")
    if seen.health.serves:
        why = "the machine replies, though EC2's checks do not pass"
        return Act("finish", why, plans.finish_restart(seen, failure, policy, now))
    why = "restarted; it replies, if not well, and what lives is not replaced"
    return Act("give up", why, plans.give_up(seen, failure, why))


def _fence(seen: Seen, rung: Rung, policy: Policy) -> Move | None:
    """Have the old instance off, harder with time; None when it reads as off."""
    if seen.old_is_off:
        return None
    stage = _stage(seen, rung, policy)
    if stage >= WAITS_FOR_A_PERSON:
        return Blocked(
            f"it is stuck in '{seen.old.state}': not fenced, so nothing takes over from it",
            hint=f"wait, or open a case with AWS; then ec2kit recover {seen.old.name}",
        )
    return Act(
        "fence",
        f"the old machine must be off first ({seen.old.state})",
        plans.stop(seen, rung, stage, policy),
    )


def _stage(seen: Seen, rung: Rung, policy: Policy) -> int:
    """How hard to stop it: the first way that was not asked for yet, or has not had its time since it was. Hours in
    which nobody asked for anything are no reason to skip the gentler ways."""
    ways = (seen.asked.get(plans.stop_key(seen, rung, stage)) for stage in range(WAITS_FOR_A_PERSON))
    for stage, ago in enumerate(ways):
        if seen.old.state is not State.STOPPING or ago is None or ago < policy.step:
            return stage
    return WAITS_FOR_A_PERSON


def _up(seen: Seen, failure: Failure, policy: Policy, now: datetime, why: str) -> Move:
    """The restart rung did not help: on to the replace rung, or give up."""
    if not policy.last.reaches(Rung.REPLACE):
        return Act("give up", why, plans.give_up(seen, failure, f"{why}; the policy ends at '{policy.last}'"))
    if isinstance(seen.source, NoCandidate):
        reason = f"{why}; nothing good to start a replacement from: {seen.source.reason}"
        return Act("give up", why, plans.give_up(seen, failure, reason))
    return Act("escalate", why, plans.escalate(seen, failure, now))


def _replacing(seen: Seen, failure: Failure, policy: Policy, now: datetime) -> Move:
    """On the replace rung: the old one off, a new one from the set, its reply, the address, the checks."""
    elapsed = now - (failure.since or now)
    if _lives_after_all(seen, failure):
        return _back(seen, failure, policy, now)
    # Whoever said `--fenced-by-hand` answers for the old half being off; nobody else can.
    if not failure.to and (move := _fence(seen, Rung.REPLACE, policy)):
        return move
    if seen.successor is None:
        if elapsed > policy.replace and seen.tried_to_replace:
            reason = "no replacement could be launched within its time"
            return Act("give up", reason, plans.give_up(seen, failure, reason))
        if isinstance(seen.source, NoCandidate):
            reason = f"nothing good to start a replacement from: {seen.source.reason}"
            return Act("give up", reason, plans.give_up(seen, failure, reason))
        return Act(
            "replace", "the old disks did not bring it back", plans.replace(seen, seen.source, failure)
        )
    if seen.successor.state is not State.RUNNING and seen.successor.state is not State.PENDING:
        reason = f"the replacement {seen.successor.id} is {seen.successor.state} {seen.successor.state_reason}".rstrip()
        return Act("give up", reason, plans.give_up(seen, failure, reason))
    move = _serving(seen, failure, policy, now, seen.successor.id)
    since = max(failure.since or now, seen.successor.launched)
    if isinstance(move, Await) and now - since > policy.replace:
        reason = f"the replacement {seen.successor.id} was not verified within its time"
        return Act("give up", reason, plans.give_up(seen, failure, reason))
    return move


def _lives_after_all(seen: Seen, failure: Failure) -> bool:
    """Whether the machine came back by itself before anything took over from it."""
    untouched = seen.successor is None and seen.old.tags.get(STATE) != "quarantined" and not failure.to
    return untouched and seen.old.state is State.RUNNING and seen.health.lives


def _serving(seen: Seen, failure: Failure, policy: Policy, now: datetime, successor: InstanceId) -> Move:
    """The replacement is up: address as soon as it serves, done when it is verified."""
    if not seen.successor_health.serves:
        return Await(f"waiting for the replacement {successor} to reply")
    holder = seen.address.instance if seen.address else successor
    if seen.address and holder not in (None, seen.old.id, successor):
        return Blocked(
            f"the address {seen.address.public_ip} is held by {holder}, which was not fenced by us: not taken back",
            hint=f"ec2kit eip assign {seen.address.public_ip} {successor} --from {holder}",
        )
    if seen.address and holder != successor:
        return Act("address", "the replacement replies", plans.take_address(seen, seen.address, successor))
    if not seen.successor_health.checks_passed:
        return Await(f"the replacement {successor} serves; waiting for EC2's checks")
    return Act(
        "finish", "the replacement serves", plans.finish_replace(seen, successor, failure, policy, now)
    )
