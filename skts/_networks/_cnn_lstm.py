"""CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them."""

from __future__ import annotations

from .._estimator import POSITIVE, NetworkEstimator
from .._heads import NetworkClassifier, NetworkRegressor


class _CNNLSTM(NetworkEstimator):
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

    def _hidden(self, layers, windows):
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


class CNNLSTMRegressor(NetworkRegressor, _CNNLSTM):
    """CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them.

    Layer by layer: the window is cut into subsequences of `subsequence_length`; each
    goes through Conv1D(`filters`, `kernel_size`), MaxPooling1D(`pool_size`) and
    Flatten, with the same weights for all; then LSTM(`units`), Dense(n_outputs). A
    window that is no multiple of `subsequence_length` gets zeros in front, and a short
    one is cut in two [1]_.

    Parameters
    ----------
    subsequence_length : int, default=2
        Timesteps in a subsequence.
    filters : int, default=64
        Patterns that the convolution looks for.
    kernel_size : int, default=1
        Length of a pattern in timesteps.
    pool_size : int, default=2
        Neighbouring timesteps of which the strongest response is kept.
    units : int, default=50
        Units of the LSTM layer.
    activation : str or callable, default="relu"
        Keras activation of the convolution and of the cell.
    epochs : int, default=100
        Passes over the training rows.
    batch_size : int, default=64
        Rows per step of the optimizer.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Keras optimizer. An object is copied, never changed.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, \
            default=None
        Learning rate. None takes that of `optimizer`.
    loss : str, keras.losses.Loss or callable, default="mse"
        What training minimises: a Keras loss. It sees standardised targets.
    early_stopping : bool, default=False
        Whether to hold out the last `validation_fraction` of the rows, stop when their
        loss has not got better for `patience` epochs, and keep the weights of the best
        epoch.
    validation_fraction : float, default=0.1
        Fraction of the rows that `early_stopping` holds out.
    patience : int, default=10
        Epochs that `early_stopping` waits for something better.
    shuffle : bool, default=True
        Whether to train on the rows in a new order in each epoch. The order of
        timesteps inside a window never changes.
    dropout : float, default=0.0
        Fraction of the outputs of each hidden layer that training sets to zero.
    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. They are copied for each fit: read what was recorded from
        `history_`.
    standardize : bool, default=True
        Whether to train on channels and targets of mean 0 and standard deviation 1.
        Predictions are in units of y either way.
    window_norm : {None, "last", "standard"}, default=None
        What each window is made relative to, so that levels never met in training are
        no problem: "last" takes off each channel's last value [2]_, "standard" the
        window's mean, divided by its standard deviation [3]_. Predictions get
        back what was taken off.
    n_channels : int, default=None
        Channels in a two-dimensional array. None takes one. The windows of a
        :class:`SlidingWindowTransformer`, column names such as ``births_lag2`` and a
        three-dimensional X tell by themselves.
    n_targets : int, default=None
        Targets in each step of y; y has ``horizon * n_targets`` columns. None reads
        them from the names of y's columns, such as ``births_step2``. Without names,
        the columns are steps of one target, and each is standardised for itself.
    target_channels : int, str or sequence of them, default=None
        The channels, by position or name, that the targets continue. `window_norm`
        needs them where names do not tell and there are not as many channels as
        targets.
    jit_compile : {"auto", True, False}, default="auto"
        Whether XLA compiles the training program. It trains faster but takes seconds
        to compile; "auto" weighs the two by the work ahead. Predictions are compiled
        by XLA unless it is False, which takes up to a second when they are first made.
    warm_start : bool, default=False
        Whether `fit` goes on from where the last call ended, with its standardisation.
    random_state : int, RandomState instance or None, default=None
        Rules initial weights, order of rows and dropout. Pass an int for the same
        result on every call.
    verbose : int, default=0
        1 shows a line of progress.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, a plain Keras model. It reads scaled windows of shape
        (n_rows, timesteps, channels), and what stands beside them if anything does, of
        shape (n_rows, columns), and predicts scaled targets.
    history_ : dict of str to list of float
        Losses of each epoch: "loss" and, with `early_stopping`, "val_loss".
    n_epochs_ : int
        Epochs trained.
    n_outputs_ : int
        Columns of y.
    n_channels_ : int
        Channels of a window.
    n_features_in_ : int
        Columns of X: timesteps times channels, and what stands beside the windows.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if all are strings.

    See Also
    --------
    CNNRegressor : Convolution without memory.
    LSTMRegressor : Memory without convolution.
    CNNLSTMClassifier : The same network for classes.

    References
    ----------
    .. [1] Donahue et al. (2015). Long-term Recurrent Convolutional Networks for Visual
       Recognition and Description. CVPR.
    .. [2] Zeng et al. (2023). Are Transformers Effective for Time Series
       Forecasting? AAAI. (NLinear)
    .. [3] Kim et al. (2022). Reversible Instance Normalization for Accurate
       Time-Series Forecasting against Distribution Shift. ICLR.

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

    _learns_slowly = True


class CNNLSTMClassifier(NetworkClassifier, _CNNLSTM):
    """CNN-LSTM: a convolution reads subsequences, an LSTM the sequence of them.

    Layer by layer: the window is cut into subsequences of `subsequence_length`; each
    goes through Conv1D(`filters`, `kernel_size`), MaxPooling1D(`pool_size`) and
    Flatten, with the same weights for all; then LSTM(`units`), Dense(n_classes). A
    window that is no multiple of `subsequence_length` gets zeros in front, and a short
    one is cut in two [1]_.

    Parameters
    ----------
    subsequence_length : int, default=2
        Timesteps in a subsequence.
    filters : int, default=64
        Patterns that the convolution looks for.
    kernel_size : int, default=1
        Length of a pattern in timesteps.
    pool_size : int, default=2
        Neighbouring timesteps of which the strongest response is kept.
    units : int, default=50
        Units of the LSTM layer.
    activation : str or callable, default="relu"
        Keras activation of the convolution and of the cell.
    epochs : int, default=100
        Passes over the training rows.
    batch_size : int, default=64
        Rows per step of the optimizer.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Keras optimizer. An object is copied, never changed.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, \
            default=None
        Learning rate. None takes that of `optimizer`.
    loss : str, keras.losses.Loss or callable, default="categorical_crossentropy"
        What training minimises: a Keras loss of one-hot classes and probabilities.
    class_weight : {"balanced"}, dict or None, default=None
        Weights of the classes. "balanced" gives all classes the same say.
    early_stopping : bool, default=False
        Whether to hold out the last `validation_fraction` of the rows of each class,
        stop when their loss has not got better for `patience` epochs, and keep the
        weights of the best epoch.
    validation_fraction : float, default=0.1
        Fraction of the rows that `early_stopping` holds out.
    patience : int, default=10
        Epochs that `early_stopping` waits for something better.
    shuffle : bool, default=True
        Whether to train on the rows in a new order in each epoch. The order of
        timesteps inside a window never changes.
    dropout : float, default=0.0
        Fraction of the outputs of each hidden layer that training sets to zero.
    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. They are copied for each fit: read what was recorded from
        `history_`.
    standardize : bool, default=True
        Whether to train on channels of mean 0 and standard deviation 1.
    window_norm : {None, "last", "standard"}, default=None
        What each window is made relative to, so that levels never met in training are
        no problem: "last" takes off each channel's last value [2]_, "standard" the
        window's mean, divided by its standard deviation [3]_.
    n_channels : int, default=None
        Channels in a two-dimensional array. None takes one. The windows of a
        :class:`SlidingWindowTransformer`, column names such as ``births_lag2`` and a
        three-dimensional X tell by themselves.
    jit_compile : {"auto", True, False}, default="auto"
        Whether XLA compiles the training program. It trains faster but takes seconds
        to compile; "auto" weighs the two by the work ahead. Predictions are compiled
        by XLA unless it is False, which takes up to a second when they are first made.
    warm_start : bool, default=False
        Whether `fit` goes on from where the last call ended, with its standardisation.
    random_state : int, RandomState instance or None, default=None
        Rules initial weights, order of rows and dropout. Pass an int for the same
        result on every call.
    verbose : int, default=0
        1 shows a line of progress.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, a plain Keras model. It reads scaled windows of shape
        (n_rows, timesteps, channels), and what stands beside them if anything does, of
        shape (n_rows, columns), and predicts the probabilities of the classes.
    history_ : dict of str to list of float
        Losses of each epoch: "loss" and, with `early_stopping`, "val_loss".
    n_epochs_ : int
        Epochs trained.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_channels_ : int
        Channels of a window.
    n_features_in_ : int
        Columns of X: timesteps times channels, and what stands beside the windows.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if all are strings.

    See Also
    --------
    CNNClassifier : Convolution without memory.
    LSTMClassifier : Memory without convolution.
    CNNLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Donahue et al. (2015). Long-term Recurrent Convolutional Networks for Visual
       Recognition and Description. CVPR.
    .. [2] Zeng et al. (2023). Are Transformers Effective for Time Series
       Forecasting? AAAI. (NLinear)
    .. [3] Kim et al. (2022). Reversible Instance Normalization for Accurate
       Time-Series Forecasting against Distribution Shift. ICLR.

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
