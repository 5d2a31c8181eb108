"""The options that commands share, accepted after the subcommand, and the decorators that add them.

`@reads` is for what looks at AWS, `@changes` for what changes it, `@orders` for what the hostname service is told,
`@practises` for the sandbox's own commands, `@stays` for the rest. The function gets the `Context` first and then
only its own parameters; the shared ones
are in `context.options`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from ec2kit.cli.command import KitCommand

if TYPE_CHECKING:
    from ec2kit.cli.context import Context

Function = Callable[..., None]


@dataclass(frozen=True)
class Options:
    """The shared options as typed; None and empty mean not typed."""

    output: str | None = None
    quiet: bool = False
    columns: str | None = None
    debug: bool = False
    region: tuple[str, ...] = ()
    profile: str | None = None
    sandbox: str | None = None
    yes: bool = False
    dry_run: bool = False
    wait: bool = True
    timeout: str | None = None
    max: str | None = None
    new: bool = False


SHOWING: tuple[click.Option, ...] = (
    click.Option(
        ["-o", "--output"],
        type=click.Choice(["table", "json", "jsonl", "tsv", "csv", "ids"]),
        help="the format (a table on a terminal, else tsv)",
    ),
    click.Option(["-q", "--quiet"], is_flag=True, help="ids only"),
    click.Option(["--columns"], metavar="NAME,…", help="these columns, in this order"),
    click.Option(["--debug"], is_flag=True, help="show where an error came from"),
)
SANDBOX = click.Option(
    ["--sandbox"], metavar="[=NAME]", help="on the practice AWS, which starts when it is not running"
)
WHICH_SANDBOX = click.Option(["--sandbox"], metavar="=NAME", help="this practice AWS instead of `default`")
GOING: tuple[click.Option, ...] = (
    click.Option(["--profile"], metavar="NAME", help="the AWS profile"),
    SANDBOX,
)
MANY_REGIONS = click.Option(["--region"], multiple=True, metavar="NAME", help="the region; several, or `all`")
# Several are refused when the region is asked for: click would silently take the last.
ONE_REGION = click.Option(["--region"], multiple=True, metavar="NAME", help="the region")
ORDERING: tuple[click.Option, ...] = (
    click.Option(["--dry-run"], is_flag=True, help="show the plan and change nothing"),
    click.Option(["-y", "--yes"], is_flag=True, help="do not ask"),
)
CHANGING: tuple[click.Option, ...] = (
    *ORDERING,
    click.Option(["--max"], metavar="N|N%", help="ask when more machines than this would change"),
    click.Option(["--wait/--no-wait"], default=True, help="until AWS shows the result (the default), or not"),
    click.Option(["--timeout"], metavar="TIME", help="how long to wait at most: 30m, 2h"),
    click.Option(["--new"], is_flag=True, help="a fresh run, even if one of the same words is unfinished"),
)
SHARED: frozenset[str] = frozenset(item.name for item in fields(Options))
"""The names of the shared options: they say how, not what, and so are no part of a run's intent."""


AT_ONCE = click.IntRange(1, 5000)
"""`-n` of what makes things: a slip of the finger is not a plan of a million steps."""


def reads(function: Function) -> KitCommand:
    """A command that looks at AWS and changes nothing."""
    return _command(function, (MANY_REGIONS, *GOING, *SHOWING))


def changes(function: Function) -> KitCommand:
    """A command that changes AWS, through `Context.carry_out`."""
    return _command(function, (*CHANGING, ONE_REGION, *GOING, *SHOWING))


def orders(function: Function) -> KitCommand:
    """A command that tells the hostname service something: there is no plan, no journal and no wait, since that service
    does it as a whole and audits it."""
    return _command(function, (*ORDERING, ONE_REGION, *GOING, *SHOWING))


def practises(function: Function) -> KitCommand:
    """A command about the practice AWS itself."""
    return _command(function, (WHICH_SANDBOX, *SHOWING))


def stays(function: Function) -> KitCommand:
    """A command that does not go to AWS by itself."""
    return _command(function, SHOWING)


def _command(function: Function, shared: Sequence[click.Option]) -> KitCommand:
    def callback(**given: Any) -> None:
        ctx = click.get_current_context()
        context: Context = ctx.obj
        taken = {name: given.pop(name) for name in SHARED & given.keys()}
        context.begin(Options(**taken), words_typed(ctx))
        function(context, **given)

    own: list[click.Parameter] = list(reversed(getattr(function, "__click_params__", [])))
    return KitCommand(
        name=function.__name__.strip("_"), callback=callback, params=[*own, *shared], help=function.__doc__
    )


def words_typed(ctx: click.Context) -> tuple[str, ...]:
    """What this command is to do, as typed: its arguments and its own options that were given."""
    words: list[str] = []
    for param in ctx.command.params:
        name = param.name or ""
        if name in SHARED or ctx.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
            continue
        value = ctx.params[name]
        before = "" if isinstance(param, click.Argument) else f"--{name}="
        words += [f"{before}{item}" for item in (value if isinstance(value, tuple | list) else (value,))]
    return tuple(words)
