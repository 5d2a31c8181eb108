"""`ec2kit demo`: the main job from launch to verified recovery, on a practice AWS of its own.

Each scene is a command run as a child process, so what is shown is what a person would see.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.cli.commands.demo_story import NEXT, STORY, Scene
from ec2kit.cli.options import stays
from ec2kit.errors import Ec2kitError, Exit

if TYPE_CHECKING:
    from ec2kit.cli.context import Context

NAME = "demo"
BOUND = 300.0
"""Seconds after which a scene is taken to hang; the longest takes about twenty."""
MISSING = "the practice AWS is not installed"


@stays
@click.option("--keep", is_flag=True, help="leave the sandbox running, and say what to try next")
def demo(context: Context, keep: bool) -> None:
    """Show the main job on a practice AWS: launch, protect, break, notice, recover, verify.

    It takes a minute or two and leaves nothing behind, no process and no file.

    \b
    ec2kit demo
    ec2kit demo --keep
    """
    _require_sandbox()
    home = None if keep else Path(tempfile.mkdtemp(prefix="ec2kit-demo-"))
    environ = _environment(context, home)
    try:
        for scene in STORY:
            _play(context, scene, environ)
        context.write("\n")
        context.write(_last_words(keep) + "\n")
    finally:
        if home is not None:
            _leave_nothing(home)


def _require_sandbox() -> None:
    """The extra is what the demo stands on; raises `Ec2kitError` when it is not there."""
    from importlib.util import find_spec

    if find_spec("moto") is None:
        raise Ec2kitError(MISSING, hint="pip install 'ec2kit[sandbox]'")


def _environment(context: Context, home: Path | None) -> dict[str, str]:
    """The children's: our sandbox, tables as on a terminal, and state that goes with the demo unless it is kept."""
    environ = dict(context.surroundings.environ)
    environ |= {"EC2KIT_SANDBOX": NAME, "EC2KIT_OUTPUT": "table", "NO_COLOR": "1", "COLUMNS": "120"}
    if home is not None:
        environ |= {"EC2KIT_STATE_DIR": str(home / "state"), "XDG_RUNTIME_DIR": str(home / "run")}
        (home / "run").mkdir(mode=0o700)
    return environ


def _play(context: Context, scene: Scene, environ: dict[str, str]) -> None:
    """Say the words, run the command, show what it printed; raises `Ec2kitError` when it ends otherwise."""
    from ec2kit.host.processes import attempt

    context.write(f"\n# {scene.words}\n$ ec2kit {scene.typed}\n")
    if scene.by_cron:
        environ = {name: value for name, value in environ.items() if name != "EC2KIT_OUTPUT"}
    ended = attempt([sys.executable, "-m", "ec2kit", *shlex.split(scene.typed)], BOUND, environ=environ)
    for text in (ended.stdout, ended.stderr):
        if text.strip():
            context.write(text.rstrip() + "\n")
    if ended.code not in scene.ends:
        raise Ec2kitError(f"the demo ended early: `ec2kit {scene.typed}` gave {ended.code}")
    if ended.code != Exit.DONE:
        context.write(f"(exit code {ended.code})\n")


def _last_words(keep: bool) -> str:
    if not keep:
        return "# That was all. The practice AWS is gone; `ec2kit demo --keep` leaves it running for you."
    tries = "\n".join(f"  ec2kit {words}" for words in NEXT)
    return f"# The sandbox goes on. Point your shell at it, and try:\n  export EC2KIT_SANDBOX={NAME}\n{tries}"


def _leave_nothing(home: Path) -> None:
    """End the sandbox, with its state and its files."""
    from ec2kit.host.paths import runtime_directory
    from ec2kit.sandbox import process

    process.forget(
        NAME, state_dir=home / "state", runtime_dir=runtime_directory({"XDG_RUNTIME_DIR": str(home / "run")})
    )
    shutil.rmtree(home, ignore_errors=True)
