"""`runai completion SHELL`."""

from typing import Final

import click

SHELLS: Final = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL, for commands, flags and names of workloads, jobs, projects and so on.

    \b
    bash:  echo 'source <(runai completion bash)' >> ~/.bashrc
    zsh:   echo 'source <(runai completion zsh)' >> ~/.zshrc     (below the line with compinit)
    fish:  runai completion fish > ~/.config/fish/completions/runai.fish

    Example: source <(runai completion bash)
    """
    from cli.options.shells import ASKED, Bash, Fish, Zsh

    of_shell = {"bash": Bash, "zsh": Zsh, "fish": Fish}[shell]
    root = ctx.find_root()
    maker = of_shell(root.command, {}, root.info_name or "runai", ASKED)
    click.echo(maker.source_template % maker.source_vars(), nl=False)
