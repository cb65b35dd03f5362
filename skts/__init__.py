"""Deep-learning time-series estimators that are real scikit-learn estimators."""

from ._backtest import backtest, seasonal_naive
from ._forecast import forecast
from ._networks._cnn import CNNClassifier, CNNRegressor
from ._networks._cnn_lstm import CNNLSTMClassifier, CNNLSTMRegressor
from ._networks._encoder_decoder import EncoderDecoderLSTMRegressor
from ._networks._gru import GRUClassifier, GRURegressor
from ._networks._inception_time import (
    InceptionTimeClassifier,
    InceptionTimeRegressor,
)
from ._networks._lstm import LSTMClassifier, LSTMRegressor
from ._networks._mlp import MLPClassifier, MLPRegressor
from ._networks._own import NetworkClassifier, NetworkRegressor
from ._plots import (
    BacktestDisplay,
    ForecastDisplay,
    LagImportanceDisplay,
    LossCurveDisplay,
    ResidualsDisplay,
    SplitDisplay,
    WindowDisplay,
)
from ._quantiles import predict_interval, predict_quantiles
from ._scorer import make_forecast_scorer
from ._split import PanelTimeSeriesSplit
from ._supervised import make_supervised
from ._transformer import SlidingWindowTransformer
from ._versions import show_versions

__version__ = "0.1.0.dev0"

__all__ = [
    "BacktestDisplay",
    "CNNClassifier",
    "CNNLSTMClassifier",
    "CNNLSTMRegressor",
    "CNNRegressor",
    "EncoderDecoderLSTMRegressor",
    "ForecastDisplay",
    "GRUClassifier",
    "GRURegressor",
    "InceptionTimeClassifier",
    "InceptionTimeRegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "LagImportanceDisplay",
    "LossCurveDisplay",
    "MLPClassifier",
    "MLPRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
    "PanelTimeSeriesSplit",
    "ResidualsDisplay",
    "SlidingWindowTransformer",
    "SplitDisplay",
    "WindowDisplay",
    "backtest",
    "forecast",
    "make_forecast_scorer",
    "make_supervised",
    "predict_interval",
    "predict_quantiles",
    "seasonal_naive",
    "show_versions",
]
