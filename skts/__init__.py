"""Deep-learning time-series estimators that are real scikit-learn estimators."""

from ._cnn import CNNClassifier, CNNRegressor
from ._cnn_lstm import CNNLSTMClassifier, CNNLSTMRegressor
from ._encoder_decoder import EncoderDecoderLSTMRegressor
from ._forecast import forecast
from ._lstm import LSTMClassifier, LSTMRegressor
from ._mlp import MLPClassifier, MLPRegressor
from ._plotting import ForecastDisplay, LossCurveDisplay, WindowDisplay
from ._windows import SlidingWindowTransformer, make_supervised

__version__ = "0.1.0.dev0"

__all__ = [
    "CNNClassifier",
    "CNNLSTMClassifier",
    "CNNLSTMRegressor",
    "CNNRegressor",
    "EncoderDecoderLSTMRegressor",
    "ForecastDisplay",
    "LSTMClassifier",
    "LSTMRegressor",
    "LossCurveDisplay",
    "MLPClassifier",
    "MLPRegressor",
    "SlidingWindowTransformer",
    "WindowDisplay",
    "forecast",
    "make_supervised",
]
