"""CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them."""

from __future__ import annotations

from .._estimator import POSITIVE, NetworkEstimator
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor


class _CNNLSTM(NetworkEstimator):
    """CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them.

    Layer by layer: the window is cut into subsequences of `subsequence_length`; each
    goes through Conv1D(`filters`, `kernel_size`), MaxPooling1D(`pool_size`) and
    Flatten, with the same weights for all; then LSTM(`units`), Dense(outputs). A
    window that is no multiple of `subsequence_length` gets zeros in front, and a short
    one is cut in two [1]_.

    Parameters
    ----------
    subsequence_length : int
        Timesteps in a subsequence.
    filters : int
        Patterns that the convolution looks for.
    kernel_size : int
        Length of a pattern in timesteps.
    pool_size : int
        Neighbouring timesteps of which the strongest response is kept.
    units : int
        Units of the LSTM layer.
    activation : str or callable
        Keras activation of the convolution and of the cell.

    References
    ----------
    .. [1] Donahue et al. (2015). Long-term Recurrent Convolutional Networks for Visual
       Recognition and Description. CVPR.
    """

    subsequence_length: int = 2
    filters: int = 64
    kernel_size: int = 1
    pool_size: int = 2
    units: int = 50
    activation: str = "relu"

    _parameter_constraints = {
        "subsequence_length": [POSITIVE],
        "filters": [POSITIVE],
        "kernel_size": [POSITIVE],
        "pool_size": [POSITIVE],
        "units": [POSITIVE],
        "activation": [str, callable],
    }

    def hidden(self, layers, windows):
        timesteps, channels = windows.shape[1:]
        # Of one subsequence the LSTM would have nothing to remember.
        length = min(self.subsequence_length, -(-timesteps // 2))
        x = windows
        if timesteps % length:
            x = layers.ZeroPadding1D((length - timesteps % length, 0))(x)
        x = layers.Reshape((-1, length, channels))(x)
        # One row of this image is one subsequence: a kernel of height 1 reads each by
        # itself, as Keras' TimeDistributed does in a Python loop.
        kernel = (1, min(self.kernel_size, length))
        x = layers.Conv2D(self.filters, kernel, activation=self.activation)(x)
        x = layers.MaxPooling2D((1, min(self.pool_size, x.shape[2])))(x)
        x = layers.Reshape((x.shape[1], -1))(x)
        x = self._drop(layers, x)
        return self._drop(
            layers, layers.LSTM(self.units, activation=self.activation)(x)
        )


class CNNLSTMRegressor(_CNNLSTM, BaseNetworkRegressor):
    """CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them.

    See Also
    --------
    CNNRegressor : Convolution without memory.
    LSTMRegressor : Memory without convolution.
    CNNLSTMClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import CNNLSTMRegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = CNNLSTMRegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """

    _start_penalty = 3.0, True


class CNNLSTMClassifier(_CNNLSTM, BaseNetworkClassifier):
    """CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them.

    See Also
    --------
    CNNClassifier : Convolution without memory.
    LSTMClassifier : Memory without convolution.
    CNNLSTMRegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import CNNLSTMClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = CNNLSTMClassifier(window_norm="last", random_state=0).fit(X, y)
    >>> model.predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
