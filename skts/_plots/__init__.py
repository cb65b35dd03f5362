"""Pictures as objects, in scikit-learn's Display style."""

from ._backtest import BacktestDisplay
from ._forecasts import ForecastDisplay
from ._importances import LagImportanceDisplay
from ._losses import LossCurveDisplay
from ._residuals import ResidualsDisplay
from ._splits import SplitDisplay
from ._windows import WindowDisplay

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "LagImportanceDisplay",
    "LossCurveDisplay",
    "ResidualsDisplay",
    "SplitDisplay",
    "WindowDisplay",
]
