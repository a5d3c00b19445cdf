"""The generated files match the code."""

from pathlib import Path

import pytest

from generate import files
from generate.__main__ import main


def test_the_generated_files_are_up_to_date() -> None:
    """Definitions, admission policies, flags and pages match the catalogue and the code."""
    assert files.outdated(files.ROOT) == [], "run: python -m generate"


def test_check_names_what_is_out_of_date_and_the_command_that_updates_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that was edited, removed or left over is reported; writing again repairs all of them."""
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / "deploy" / "admission" / "secrets.yaml").write_text("edited")
    (tmp_path / "deploy" / "crds" / "runaijobs.run.ai.yaml").unlink()
    (tmp_path / "deploy" / "crds" / "old.yaml").write_text("")
    (tmp_path / "cli" / "submit" / "flags.json").write_text("[]")
    (tmp_path / "docs" / "reference" / "cli.md").write_text("something else")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "deploy/crds/runaijobs.run.ai.yaml is out of date",
        "deploy/admission/secrets.yaml is out of date",
        "cli/submit/flags.json is out of date",
        "docs/reference/cli.md is out of date",
        "deploy/crds/old.yaml is no longer generated",
        "to update, run: python -m generate",
    ]
    assert main(["--root", str(tmp_path)]) == 0
    assert files.outdated(tmp_path) == []
