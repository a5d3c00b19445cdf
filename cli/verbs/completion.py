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
    from click.shell_completion import get_completion_class

    of_shell = get_completion_class(shell)
    assert of_shell is not None, "click knows these three"
    root = ctx.find_root()
    name = root.info_name or "runai"
    maker = of_shell(root.command, {}, name, f"_{name.upper()}_COMPLETE")
    click.echo(maker.source_template % maker.source_vars(), nl=False)
