"""What a command works with: its options, AWS, the journal, the screen. One for each command, its parts lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ec2kit.cli.options import Options
from ec2kit.cli.piped import names_in
from ec2kit.errors import Ec2kitError, Exit, UsageError
from ec2kit.host.terminal import printable

if TYPE_CHECKING:
    from pathlib import Path

    from ec2kit.aws import Aws
    from ec2kit.cli.asking import Brake
    from ec2kit.cli.carrying import Carried, Manner
    from ec2kit.cli.output import Output
    from ec2kit.cli.registry import Command
    from ec2kit.cli.state import State
    from ec2kit.cli.surroundings import Surroundings
    from ec2kit.config import Config, Setting
    from ec2kit.engine.plan import Plan
    from ec2kit.host.clock import Clock
    from ec2kit.host.network import Dialer
    from ec2kit.objects.sources import ReadsDirectories
    from ec2kit.screen.columns import Column
    from ec2kit.screen.paper import Paper
    from ec2kit.screen.plans import Place

Row = TypeVar("Row")


class Context:
    """One command's run. `exit_code` is what the process ends with when nothing is raised."""

    def __init__(self, entry: Command, surroundings: Surroundings, output: Output) -> None:
        self.entry = entry
        self.surroundings = surroundings
        self.output = output
        self.options = Options()
        self.exit_code = Exit.DONE
        self.args: tuple[str, ...] = ()
        """The arguments after the command's words, as they came."""
        self.typed: tuple[str, ...] = ()
        """What is to be done, as typed: arguments and the command's own options, without the shared ones."""
        self._stdin: tuple[str, ...] | None = None
        self._announced = False

    def begin(self, options: Options, typed: tuple[str, ...]) -> None:
        """Take the shared options and the words typed, once they are parsed."""
        self.options = options
        self.typed = typed

    @property
    def verb(self) -> str:
        """The command's words without `ec2kit`: `snapshot create`."""
        return " ".join(self.entry.words)

    # Settings

    @cached_property
    def config(self) -> Config:
        """The configuration files together; raises `UsageError` for a malformed one."""
        from ec2kit.cli.settings import read_config

        return read_config(self.surroundings)

    def setting(self, name: str) -> Setting | None:
        """What counts for a setting of `ec2kit.config.SETTINGS`: flag, variable, file; None when nobody set it."""
        typed = vars(self.options).get(name)
        if isinstance(typed, tuple):
            typed = typed[0] if typed else None
        return self.config.setting(name, typed, self.surroundings.environ)

    @cached_property
    def paper(self) -> Paper:
        """The output format that was asked for; a table on a terminal and TSV elsewhere when none was."""
        from ec2kit.cli.settings import paper_of

        return paper_of(self)

    @cached_property
    def brake(self) -> Brake:
        """From how many machines on a change asks."""
        from ec2kit.cli.asking import parse_brake

        found = self.setting("max")
        return parse_brake(found.text if found else None)

    @cached_property
    def timeout(self) -> timedelta | None:
        """The bound that a person set to all waiting."""
        from ec2kit.model.periods import parse_duration

        found = self.setting("timeout")
        return parse_duration(found.text) if found else None

    # The world

    @cached_property
    def clock(self) -> Clock:
        """Time and sleep; AWS's time once AWS has answered."""
        from ec2kit.host.clock import SystemClock

        return self.surroundings.clock or SystemClock()

    @property
    def directories(self) -> ReadsDirectories:
        """Reads directories off the disks of snapshots, for the steps that store them."""
        from ec2kit.host.paths import cache_directory
        from ec2kit.images.bundles.directories import by_appliance

        around = self.surroundings
        return around.directories or by_appliance(cache_directory(around.environ) / "images", self.clock)

    @cached_property
    def sandbox(self) -> str:
        """The sandbox that was asked for, empty for real AWS."""
        from ec2kit.cli.connecting import sandbox_name

        return sandbox_name(self.setting("sandbox"))

    @cached_property
    def _connected(self) -> dict[str, Aws]:
        return {}

    def aws(self, region: str = "") -> Aws:
        """AWS in the region that counts, or in another one; starts the sandbox when it was asked for.

        Raises `UsageError` when several regions were given, or none is known.
        """
        from ec2kit.cli.connecting import connect_to

        if not region:
            found = self.setting("region")
            region = found.text if found else ""
            if region == "all" or len(self.options.region) > 1:
                raise UsageError(
                    f"`{self.entry.typed}` takes one region here", hint="run it once for each region"
                )
        if region not in self._connected:
            self._connected[region] = connect_to(self, region)
        return self._connected[region]

    def everywhere(self) -> tuple[Aws, ...]:
        """AWS in each region that a reading command was given; `--region all` is every enabled one."""
        from ec2kit.cli.connecting import regions_of

        return tuple(self.aws(region) for region in regions_of(self))

    @property
    def place(self) -> Place:
        """Account, region and sandbox, as plans and questions show them."""
        from ec2kit.screen.plans import Place

        aws = self.aws()
        return Place(aws.account, aws.region, aws.sandbox)

    @property
    def state_directory(self) -> Path:
        """Where this machine's memory is."""
        from ec2kit.host.paths import state_directory

        found = self.setting("state_dir")
        named = {"EC2KIT_STATE_DIR": found.text} if found else {}
        return state_directory({**self.surroundings.environ, **named})

    @cached_property
    def state(self) -> State:
        """Journal, runs, leases, evidence of the account, region and endpoint at work, on this machine."""
        from ec2kit.cli.state import State

        return State.of(self)

    @cached_property
    def dialer(self) -> Dialer:
        """What probes dial through; on the sandbox, and with `probe_proxy`, by that proxy."""
        from ec2kit.cli.connecting import dialer_of

        return dialer_of(self)

    # Arguments

    def expand(self, selectors: Iterable[str], *, removing: bool = False) -> tuple[str, ...]:
        """The selectors with `-` replaced by the first field of every line of stdin; those count as typed.

        Raises `UsageError` when stdin is a terminal, and `NothingSelected` when stdin names nothing and what else
        was typed only narrows: no words would mean everything. `removing`: they are those of `--except`.
        """
        words = tuple(selectors)
        if "-" not in words:
            return words
        if self._stdin is None:
            if self.surroundings.stdin_is_terminal:
                raise UsageError(
                    "`-` reads names from a pipe, and stdin is a terminal", hint="ec2kit ls … | … -"
                )
            self._stdin = names_in(self.surroundings.stdin)
            self.typed = tuple(word for word in self.typed if word != "-") + self._stdin
        if not self._stdin and not removing:
            self._require_a_name(words)
        return tuple(word for item in words for word in (self._stdin if item == "-" else (item,)))

    def _require_a_name(self, words: tuple[str, ...]) -> None:
        from ec2kit.cli.nothing import NothingSelected
        from ec2kit.inventory.selectors import narrows

        if all(word == "-" or narrows(word) for word in words):
            raise NothingSelected

    # The screen

    def show(self, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> None:
        """Print a list on stdout in the format asked for."""
        from ec2kit.cli.names import keep_names
        from ec2kit.screen.paper import Format
        from ec2kit.screen.rows import rows_text

        if self.verb == "ls":
            known = [column for column in columns if column.name in ("name", "id")]
            keep_names(
                self.surroundings.environ, (str(column.value(row)) for row in rows for column in known)
            )
        self._remind()
        if not rows and self.paper.format is Format.TABLE:
            self.say("none found")
        self.output.write(rows_text(columns, rows, self.paper))

    def show_one(self, value: Mapping[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
        """Print one thing: `value` for JSON, labels and texts for people (TSV in a pipe); ids-only prints `id`."""
        from ec2kit.cli.settings import one_text

        self._remind()
        self.output.write(one_text(value, pairs, self.paper))

    def write(self, text: str) -> None:
        """Print text on stdout as it is, but for terminal escapes, which a name from AWS may hold."""
        self.output.write(["\t".join(map(printable, text.split("\t")))])

    def say(self, line: str) -> None:
        """Say something on stderr: progress and results for people; silent when a program reads JSON errors there."""
        if not self.paper.format.is_json:
            self.output.say(printable(line))

    def complain(self, error: Ec2kitError) -> None:
        """Print an error on stderr and go on."""
        from ec2kit.screen.failures import failure_text

        self.output.mutter(failure_text(error, as_json=self.paper.format.is_json))

    def announce(self, aws: Aws | None = None) -> None:
        """Say once that this is the practice AWS, when it is; `aws` is one of several regions."""
        aws = aws or self.aws()
        if not self._announced and (self.sandbox or aws.calls or aws.account) and aws.sandbox:
            self._announced = True
            self.say(f"sandbox {aws.sandbox}, {aws.region}")

    def _remind(self) -> None:
        """A person at a terminal is told that what they read is the sandbox's; a pipe or cron is not."""
        if self.surroundings.stderr_is_terminal:
            for aws in self._connected.values():
                if aws.sandbox and not self._announced:
                    self._announced = True
                    self.say(f"sandbox {aws.sandbox}, {aws.region}")

    def failed(self, exit_code: Exit) -> None:
        """Let the command end with this code although nothing is raised; a second, other one makes it PARTIAL."""
        if self.exit_code in (Exit.DONE, exit_code):
            self.exit_code = exit_code
        else:
            self.exit_code = Exit.PARTIAL

    # Acting

    def carry_out(self, make_plan: Callable[[], Plan], manner: Manner | None = None) -> Carried:
        """Resume an unfinished run of the same words, or plan, show, ask, do and report; see `cli.carrying`."""
        from ec2kit.cli.carrying import Manner, carry_out

        return carry_out(self, make_plan, manner or Manner())
