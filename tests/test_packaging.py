import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import skts

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Wheel and source archive, built from the source tree without the network."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", out]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


def test_wheel_holds_the_whole_package_and_nothing_else(built):
    wheel, _ = built
    names = {name for name in zipfile.ZipFile(wheel).namelist() if "-" not in name}

    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "skts").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"skts/py.typed", "skts/datasets/data/daily_female_births.csv"} <= package
    assert names == package


def test_wheel_says_what_pyproject_says(built):
    wheel, _ = built
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(path).decode())
        licence = path.replace("METADATA", "licenses/LICENSE")
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert metadata["Version"] == skts.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    required = [r for r in metadata.get_all("Requires-Dist") if "extra ==" not in r]
    assert sorted(required) == sorted(project["dependencies"])
    assert set(metadata.get_all("Provides-Extra")) == {
        "bench",
        "demo",
        "docs",
        "engines",
        "examples",
        "interop",
        "plot",
        "test",
    }


def test_sdist_can_be_built_and_tested(built):
    _, sdist = built
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "setup.cfg",
        "skts/py.typed",
        "skts/datasets/data/daily_female_births.csv",
        "tests/test_packaging.py",
    } <= names
    assert not [n for n in names if n.startswith((".venv", "docs/_build", ".git/"))]


def test_the_version_to_cite_is_that_of_the_package():
    assert f"\nversion: {skts.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_every_public_name_exists():
    assert [name for name in skts.__all__ if not hasattr(skts, name)] == []


def test_versions_are_shown(capsys):
    skts.show_versions()
    lines = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()
    )
    assert lines["skts"] == skts.__version__
    assert lines["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"scikit-learn", "tensorflow", "keras", "numpy", "system"} <= lines.keys()


def test_import_loads_neither_keras_nor_matplotlib():
    heavy = {"keras", "matplotlib", "scikeras", "tensorflow"}
    code = f"import sys, skts, skts.datasets; print(*({heavy} & set(sys.modules)))"
    python = [sys.executable, "-W", "error", "-c", code]
    out = subprocess.run(python, cwd=ROOT, check=True, capture_output=True, text=True)
    assert out.stdout.split() == []
