"""Pictures as objects, in scikit-learn's Display style."""

from ._forecasts import ForecastDisplay
from ._losses import LossCurveDisplay
from ._windows import WindowDisplay

__all__ = ["ForecastDisplay", "LossCurveDisplay", "WindowDisplay"]
