"""The site: MyST pages, the API from the docstrings, the gallery from the examples."""

import inspect
import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

import skts
import skts.datasets
import skts.metrics

project = "skts"
author = "skts developers"
project_copyright = author
version = release = skts.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "auto_examples/**/*.ipynb"]
templates_path = ["_templates"]
default_role = "code"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"

plot_include_source = plot_html_show_source_link = plot_html_show_formats = False
plot_formats = [("png", 144)]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "skts"
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["skts.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": f"skts {version}"},
    "header_links_before_dropdown": 6,
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page: []
    for page in (
        *("index", "getting_started", "course", "coming_from"),
        *("auto_examples/index", "benchmarks", "roadmap", "citing"),
        *("changelog", "contributing"),
    )
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "generated/examples",
    "doc_module": ("skts",),
    "subsection_order": ["../examples/tasks", "../examples/course"],
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "min_reported_time": 10,
    "show_signature": False,
    "thumbnail_size": (400, 280),
    "image_srcset": ["2x"],
}

API = {
    "Windows": lambda name: name in ("SlidingWindowTransformer", "make_supervised"),
    "Regressors": lambda name: name.endswith("Regressor"),
    "Classifiers": lambda name: name.endswith("Classifier"),
    "Pictures": lambda name: name.endswith("Display"),
    "Forecasts": lambda name: (
        name
        in (
            "backtest",
            "forecast",
            "make_forecast_scorer",
            "seasonal_naive",
            "predict_interval",
            "predict_quantiles",
        )
        or name.endswith("Split")
    ),
    "More": lambda name: True,
}

INTRODUCTION = """\
Estimators and the transformer also have what scikit-learn gives to all of its own:
`get_params`, `set_params`, `get_metadata_routing` and, by kind, `score`,
`fit_transform` and `set_output`.
"""


def write_api_page(app, config):
    """List every public name, under the first heading that claims it."""
    lines = ["# API reference", "", INTRODUCTION]
    names = list(skts.__all__)
    for heading, claims in API.items():
        section = [name for name in names if claims(name)]
        names = [name for name in names if name not in section]
        lines += _summary(heading, "skts", section) if section else []
    lines += _summary("Errors and scorers", "skts.metrics", skts.metrics.__all__)
    lines += _summary("Series to try things on", "skts.datasets", skts.datasets.__all__)
    page = Path(app.srcdir, "generated", "api.md")
    page.parent.mkdir(exist_ok=True)
    text = "\n".join(lines)
    # An unchanged page need not be built again.
    if not page.exists() or page.read_text() != text:
        page.write_text(text)


def _summary(heading, module, names):
    return [
        *("", f"## {heading}", "", "```{eval-rst}"),
        *(".. autosummary::", "   :toctree: .", "   :nosignatures:", ""),
        *(f"   ~{module}.{name}" for name in names),
        "```",
    ]


# A code host shows the source of an example, the site its page in the gallery.
EXAMPLE = re.compile(r"\]\(\.\./((?:\.\./)*)examples((?:/\w+)*)(\.py)?\)")


def link_gallery(app, page, source):
    """Lead links to examples to the gallery, and show those of the guide below it."""

    def link(match):
        return f"]({match[1]}auto_examples{match[2]}{'' if match[3] else '/index'}.rst)"

    linked = {f"../examples{m[2]}.py": m for m in EXAMPLE.finditer(source[0]) if m[3]}
    source[0] = EXAMPLE.sub(link, source[0])
    if linked and page.startswith("guide/"):
        # What a directive puts behind the last line is lost, so a comment follows.
        gallery = "\n   ".join([".. minigallery::", *linked])
        source[0] += f"\n\n## Examples\n\n```{{eval-rst}}\n{gallery}\n\n..\n```\n"


# What people search for, and the page that should come first. Sphinx ranks entries of
# the index above titles and text.
SEARCHED = {
    "guide/your_own_data": "csv, parquet, excel, resample",
    "guide/windows": "sliding window, lag, padding, time zone",
    "guide/multi_step": "multi-step, recursive, direct",
    "guide/channels": "multivariate, channel",
    "guide/known_ahead": "known ahead, exogenous, covariate, holiday, calendar",
    "guide/panels": "panel, many series, multiple series, global model",
    "guide/missing": "missing, nan, hole, imputation",
    "guide/own_networks": "own network, custom network, attention, transformer",
    "guide/classification": "classification, classifier",
    "guide/evaluate": "backtest, cross-validation, leak, baseline, metric",
    "guide/intervals": "quantile, interval, uncertainty, conformal, probabilistic",
    "guide/tuning": "grid search, hyperparameter, optuna, n_jobs",
    "guide/speed": "slow, compile, xla, fast",
    "guide/storage": "pickle, save, load, skops",
    "guide/serving": "deploy, production, onnx, mlflow, fastapi",
    "guide/precision": "gpu, cuda, float32",
    "guide/questions": "overfitting, flat, nan loss, diverged",
}


def add_index_entries(app, page, source):
    words = SEARCHED.get(page)
    if page.startswith("generated/skts.") and page.endswith("Regressor"):
        words = page.removeprefix("generated/skts.").removesuffix("Regressor").lower()
    if words:
        entries = ", ".join(f"! {word}" for word in words.split(", "))
        as_markdown = f"```{{index}} {entries}\n```\n\n"
        as_rst = f".. index:: {entries}\n\n"
        source[0] = (as_rst if "generated" in page else as_markdown) + source[0]


NAMES = {
    name: f"{module.__name__}.{name}"
    for module in (skts, skts.metrics, skts.datasets)
    for name in module.__all__
}


def guide_pages():
    """Return, for each public name, the pages of the guide that say most about it."""
    counts = {name: Counter() for name in NAMES}
    for page in sorted(Path(__file__).parent.glob("guide/*.md")):
        for name in re.findall(r"`(\w+)(?:\(.*?\))?`", page.read_text()):
            if name in NAMES and page.stem != "index":
                counts[name][f":doc:`/guide/{page.stem}`"] += 1
    return {
        name: "; ".join(page for page, _ in count.most_common(3))
        for name, count in counts.items()
    }


# The code that each Display's page runs, to show what it draws.
DRAWN = {
    name: inspect.getdoc(getattr(skts, name)).partition("Examples\n--------\n")[2]
    for name in skts.__all__
    if API["Pictures"](name)
}
autosummary_context = {"guide": guide_pages(), "drawn": DRAWN}


class LinkPublicNames(SphinxTransform):
    """Link `forecast`, or `forecast(model, ...)`, in prose to its page of the API."""

    default_priority = 5

    def apply(self):
        if self.env.docname.startswith("generated"):
            return
        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext().partition("(")[0]
            in_prose = isinstance(literal.parent, (nodes.paragraph, nodes.strong))
            if name in NAMES and in_prose:
                link = pending_xref(
                    refdomain="py", reftype="obj", reftarget=NAMES[name], refwarn=True
                )
                literal.replace_self(link)
                link += literal


def skip_inherited(app, what, name, member, skip, options):
    """Leave to scikit-learn's site the methods that every estimator has."""
    module = getattr(inspect.unwrap(member), "__module__", "") or ""
    return True if module.startswith("sklearn") else None


def setup(app):
    app.connect("config-inited", write_api_page)
    app.connect("source-read", link_gallery)
    app.connect("source-read", add_index_entries)
    app.add_transform(LinkPublicNames)
    app.connect("autodoc-skip-member", skip_inherited)
