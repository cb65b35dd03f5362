"""Deep-learning time-series estimators that are real scikit-learn estimators."""

from ._cnn import CNNRegressor
from ._cnn_lstm import CNNLSTMRegressor
from ._encoder_decoder import EncoderDecoderLSTMRegressor
from ._lstm import LSTMRegressor
from ._mlp import MLPRegressor
from ._windows import SlidingWindowTransformer, make_supervised

__version__ = "0.1.0.dev0"

__all__ = [
    "CNNLSTMRegressor",
    "CNNRegressor",
    "EncoderDecoderLSTMRegressor",
    "LSTMRegressor",
    "MLPRegressor",
    "SlidingWindowTransformer",
    "make_supervised",
]
