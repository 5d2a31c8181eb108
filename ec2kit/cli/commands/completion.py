"""`ec2kit completion SHELL`: the script that a shell loads. It asks `ec2kit completion --words` for candidates."""

from __future__ import annotations

import click

from ec2kit.cli.commands.completing import candidates
from ec2kit.cli.context import Context
from ec2kit.cli.names import known_names
from ec2kit.cli.options import stays
from ec2kit.errors import UsageError

BASH = """\
_ec2kit() {
    local IFS=$'\\n'
    COMPREPLY=($(ec2kit completion --words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _ec2kit ec2kit
"""
ZSH = """\
#compdef ec2kit
_ec2kit() {
    local -a found
    found=("${(@f)$(ec2kit completion --words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    (( ${#found} )) && compadd -a found || _files
}
compdef _ec2kit ec2kit
"""
FISH = """\
function __ec2kit
    set -l typed (commandline -opc) (commandline -ct)
    ec2kit completion --words -- $typed[2..-1] 2>/dev/null
end
complete -c ec2kit -a '(__ec2kit)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@stays
@click.option("--words", is_flag=True, hidden=True, help="print what may follow the words given")
@click.argument("words_typed", nargs=-1, metavar="bash|zsh|fish")
def completion(context: Context, words: bool, words_typed: tuple[str, ...]) -> None:
    """Print the completion script of a shell. Names come from what `ec2kit ls` saw last; AWS is never asked.

    \b
    source <(ec2kit completion bash)
    ec2kit completion fish > ~/.config/fish/completions/ec2kit.fish
    """
    if words:
        found = candidates(words_typed or ("",), known_names(context.surroundings.environ))
        context.write("".join(f"{word}\n" for word in found))
        return
    if len(words_typed) != 1 or words_typed[0] not in SCRIPTS:
        raise UsageError("which shell?", hint=f"one of: {', '.join(SCRIPTS)}")
    context.write(SCRIPTS[words_typed[0]])
