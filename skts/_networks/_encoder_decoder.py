"""Encoder-Decoder LSTM: one network reads the window, another writes what follows."""

from __future__ import annotations

from .._estimator import POSITIVE
from .._heads import BaseNetworkRegressor
from ._layers import flat


class EncoderDecoderLSTMRegressor(BaseNetworkRegressor):
    """Encoder-Decoder LSTM: one network reads the window, one writes what follows.

    Layer by layer: LSTM(`units`, kernel_initializer="lecun_normal") reads the window,
    RepeatVector(horizon) hands what it kept to LSTM(`units`), whose state at each step
    ahead becomes the targets of that step by one Dense(`n_targets`). The horizon
    follows from y [1]_. What is known ahead is read by the LSTM that writes, at each
    step that of this step.

    Parameters
    ----------
    units : int
        Units of the LSTM layer that reads and of the one that writes.
    activation : str or callable
        Keras activation of the cells.

    See Also
    --------
    LSTMRegressor : All steps ahead from one state.

    References
    ----------
    .. [1] Sutskever, Vinyals and Le (2014). Sequence to Sequence Learning with Neural
       Networks. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import EncoderDecoderLSTMRegressor, make_supervised
    >>> series = np.arange(10.0, 90.0, 10.0)
    >>> X, y = make_supervised(series, window=3, horizon=2)
    >>> model = EncoderDecoderLSTMRegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round()
    array([[80., 90.]])
    """

    _start_penalty = 10.0, False

    units: int = 100
    activation: str = "tanh"

    _parameter_constraints = {"units": [POSITIVE], "activation": [str, callable]}

    def hidden(self, layers, windows, leads=None, beside=None):
        horizon = self.n_outputs_ // self._n_targets_
        # Keras' default is for as many channels as units. With few, cells are all but
        # linear, and a start that is linear already is hardly ever left.
        x = layers.LSTM(
            self.units, activation=self.activation, kernel_initializer="lecun_normal"
        )(windows)
        x = self._drop(layers, x)
        is_step_by_step = leads is not None and leads.shape[1] == horizon
        x = flat(layers, x, None if is_step_by_step else leads, beside)
        x = layers.RepeatVector(horizon)(x)
        if is_step_by_step:
            x = layers.Concatenate()([x, leads])
        x = layers.LSTM(self.units, activation=self.activation, return_sequences=True)(
            x
        )
        return self._drop(layers, x)

    def _nonlinear(self, layers, hidden, **options):
        n = len(self._levels_)
        steps = layers.Dense(n * self._n_targets_, **options)(hidden)
        if n > 1:
            steps = layers.Reshape((-1, n, self._n_targets_))(steps)
            steps = layers.Permute((2, 1, 3))(steps)
        return layers.Reshape((self._n_columns,))(steps)
