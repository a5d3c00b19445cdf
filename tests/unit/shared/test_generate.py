"""The generated files are those that the catalogue implies."""

from pathlib import Path

import pytest

from shared import generate


def test_the_generated_files_are_up_to_date() -> None:
    assert generate.outdated(generate.ROOT) == [], f"mend it with: {generate.COMMAND}"


def test_check_names_what_is_out_of_date_and_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--root", str(tmp_path)]) == 0
    assert generate.main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / "deploy" / "admission" / "secrets.yaml").write_text("edited")
    (tmp_path / "deploy" / "crds" / "runaijobs.run.ai.yaml").unlink()
    (tmp_path / "deploy" / "crds" / "old.yaml").write_text("")
    assert generate.main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "deploy/crds/runaijobs.run.ai.yaml is out of date",
        "deploy/admission/secrets.yaml is out of date",
        "deploy/crds/old.yaml is generated no more",
        "mend it with: python -m shared.generate",
    ]
    assert generate.main(["--root", str(tmp_path)]) == 0
    assert generate.outdated(tmp_path) == []
