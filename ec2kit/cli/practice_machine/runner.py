"""Run a machine for as long as its instance lives: power on, follow, do what the sandbox wants, write the disk back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ec2kit.cli.practice_machine.deeds import Standing, Wish, next_deed
from ec2kit.cli.practice_machine.disk import MachineDisk
from ec2kit.cli.practice_machine.power import Power, switched_on
from ec2kit.cli.practice_machine.pulse import BEAT, Pulse
from ec2kit.cli.practice_machine.watched import Watched
from ec2kit.host.clock import Clock
from ec2kit.host.qmp import MonitorGone
from ec2kit.images.boot.machine import Machine

LOOK = 0.2
"""Real seconds for which a console is waited for, before what is wanted is looked at again."""

Off = Literal["guest", "asked", "reboot"]


@dataclass(frozen=True)
class Around:
    """Where what happens is told: `keep` gets the console's bytes, `show` its text, `say` what a person should know."""

    keep: Callable[[bytes], object]
    show: Callable[[str], None]
    say: Callable[[str], None]
    clock: Clock
    once: bool = False
    """End when the machine is off, instead of waiting for its next start."""


@dataclass
class Ran:
    """What became of it; seconds are real ones, of the last boot, and None for what was not reached."""

    boots: int = 0
    login_after: float | None = None
    final_after: float | None = None
    ended: str = ""


class Runner:
    """One machine of the sandbox."""

    def __init__(self, machine: Machine, disk: MachineDisk, pulse: Pulse, around: Around) -> None:
        self.ran = Ran()
        self._machine = machine
        self._disk = disk
        self._pulse = pulse
        self._around = around
        self._watched = Watched()

    def run(self) -> Ran:
        """Run until the instance is gone, or with `once` until it is off. Raises Ec2kitError.

        Ctrl-C goes through: the power is cut, what the machine wrote is written back, and the sandbox is told.
        """
        off: Off = "asked"
        while True:
            wish = self._pulse.beat()
            if off == "reboot" and wish.want != "run":
                off = "asked"
                self._tell(on=False, why=off)
            elif wish.want == "end":
                self.ran.ended = "terminated"
                return self.ran
            elif wish.want == "run":
                if off != "reboot":
                    self._fetch()
                off = self._powered()
                if off != "reboot":
                    self._tell(on=False, why=off)
            elif self._around.once and self.ran.boots:
                self.ran.ended = "off"
                return self.ran
            else:
                self._around.clock.stop.wait(BEAT)

    def _fetch(self) -> None:
        self._around.say(f"fetching {self._disk.volume_id}")
        self._disk.fetch()

    def _powered(self) -> Off:
        """From power on to power off; returns whose doing it was."""
        self._around.say("power on")
        try:
            with switched_on(self._machine) as power:
                self._booting()
                self._tell(on=True, ports=power.lead_in())
                off = self._follow(power)
        finally:
            # The volume of a machine that another runs by now is no longer ours to write to.
            if self._pulse.wish.want != "end" and not self._pulse.taken:
                written = self._disk.write_back()
                self._around.say(f"power off; {written} blocks written back to {self._disk.volume_id}")
        return off

    def _booting(self) -> None:
        self._watched = Watched()
        self.ran.boots += 1
        self.ran.login_after = self.ran.final_after = None
        self._tell(boots=self.ran.boots, login=False, final=False, dead_end="")

    def _follow(self, power: Power) -> Off:
        off: Off = "guest"
        while True:
            self._hear(power.read(LOOK))
            if power.ended:
                if off == "guest":
                    power.check_end()
                return off
            wish = self._pulse.wish
            try:
                self._attend(power, wish)
                deed = next_deed(self._standing(power), wish)
                if deed == "cut":
                    return "asked"
                if deed == "flush":
                    self._flush(power, wish)
                elif deed == "button":
                    off = self._press(power, wish)
            except MonitorGone:
                # What it said last is still to be read, when it has just ended.
                if power.lives():
                    raise

    def _attend(self, power: Power, wish: Wish) -> None:
        self._pulse.check()
        if power.restarted():
            self._around.say("the machine restarts")
            self._booting()
        missing = tuple(sorted(set(wish.ports) - set(self._pulse.report.ports)))
        if missing:
            self._tell(ports=power.lead_in(missing))

    def _standing(self, power: Power) -> Standing:
        report = self._pulse.report
        return Standing(report.rebooted, report.flushed, power.pressed)

    def _flush(self, power: Power, wish: Wish) -> None:
        with power.held():
            written = self._disk.write_back()
        self._tell(flushed=wish.flushes)
        self._pulse.beat()
        self._around.say(f"{written} blocks written back for a snapshot")

    def _press(self, power: Power, wish: Wish) -> Off:
        reboots = wish.want == "run"
        self._around.say("it is to reboot" if reboots else "it is to shut down")
        power.press()
        self._tell(rebooted=wish.reboots)
        return "reboot" if reboots else "asked"

    def _hear(self, piece: bytes) -> None:
        text = piece.decode(errors="replace")
        if piece:
            self._around.keep(piece)
            self._around.show(text)
            self._pulse.say(text)
        seen = self._watched
        if not seen.take(text):
            return
        if seen.login and self.ran.login_after is None:
            self.ran.login_after = seen.seconds
            self._around.say(f"login after {seen.seconds:.0f} s")
        if seen.final and self.ran.final_after is None:
            self.ran.final_after = seen.seconds
            self._around.say(f"cloud-init is done after {seen.seconds:.0f} s")
        if seen.dead_end:
            self._around.say(f"this boot failed: {seen.dead_end}")
        self._tell(login=seen.login, final=seen.final, dead_end=seen.dead_end)

    def _tell(self, **changed: object) -> None:
        self._pulse.report = replace(self._pulse.report, **changed)  # type: ignore[arg-type]  # mypy does not match ** with the fields
