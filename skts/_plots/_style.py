"""Colours, axes and legends of all pictures."""

from __future__ import annotations

from typing import Any

from .._sklearn import check_matplotlib_support

# Okabe and Ito's colours, which the colour-blind tell apart: those that stand out on
# white as well as on black. What is known, not predicted, has the colour of text.
BLUE, VERMILION, ORANGE = "#0072B2", "#D55E00", "#E69F00"
COLORS = BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, "#56B4E9"


def new_axes(ax: Any, display: Any) -> Any:
    """Return `ax`, or new axes."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def text_color() -> Any:
    """Return the colour that stands out on the background in use."""
    import matplotlib as mpl

    return mpl.rcParams["text.color"]


def legend_above(ax: Any, **options: Any) -> None:
    """Put the legend where it hides nothing, however small the figure is."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    ax.legend(frameon=False, fontsize="small", **place, **options)
