"""Layers that compute in their own way agree with Keras', and so do their gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.testing import assert_allclose

from skts._fast_layers import FEW_TIMESTEPS, for_graph, for_xla

SERIES, IMAGES = (8, 7, 3), (8, 2, 7, 3)
LONG = (8, FEW_TIMESTEPS + 1, 3)


def values(layer, x, **options):
    """Return the outputs of `layer` and the gradients of all that goes in."""
    weights = [w.value for w in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, **options)
        loss = tf.reduce_sum(outputs**2)
    return [outputs, *tape.gradient(loss, [x, *weights])]


def pair(layer, shape, copy=for_xla):
    """Return `layer`, its copy and an input, all of the same random numbers."""
    rng = np.random.default_rng(0)
    layer.build((None, *shape[1:]))
    copy = copy(layer)
    copy.build((None, *shape[1:]))
    weights = [rng.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    copy.set_weights(weights)
    return layer, copy, tf.constant(rng.normal(size=shape))


FASTER = {
    "lstm": (layers.LSTM, SERIES, {"units": 5}),
    "lstm relu": (layers.LSTM, SERIES, {"units": 5, "activation": "relu"}),
    "lstm linear": (layers.LSTM, SERIES, {"units": 5, "activation": "linear"}),
    "lstm sequences": (layers.LSTM, SERIES, {"units": 5, "return_sequences": True}),
    "long lstm": (layers.LSTM, LONG, {"units": 5}),
    "long sequences": (layers.LSTM, LONG, {"units": 5, "return_sequences": True}),
    "lstm of one timestep": (layers.LSTM, (8, 1, 3), {"units": 5}),
    "gru": (layers.GRU, SERIES, {"units": 5}),
    "gru relu": (layers.GRU, SERIES, {"units": 5, "activation": "relu"}),
    "long gru": (layers.GRU, LONG, {"units": 5, "return_sequences": True}),
    "causal, dilated": (
        layers.Conv1D,
        SERIES,
        {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
    ),
    "conv1d": (layers.Conv1D, SERIES, {"filters": 4, "kernel_size": 3}),
    "same": (
        layers.Conv1D,
        SERIES,
        {"filters": 4, "kernel_size": 4, "padding": "same"},
    ),
    "conv2d": (layers.Conv2D, IMAGES, {"filters": 4, "kernel_size": (1, 2)}),
    "pool1d": (layers.MaxPooling1D, SERIES, {"pool_size": 2}),
    "pool2d": (layers.MaxPooling2D, IMAGES, {"pool_size": (1, 3)}),
}
AS_KERAS = {
    "lstm dropout": layers.LSTM(5, dropout=0.5),
    "lstm backwards": layers.LSTM(5, go_backwards=True),
    "lstm of another activation": layers.LSTM(5, activation="gelu"),
    "lstm without bias": layers.LSTM(5, use_bias=False),
    "gru that resets before": layers.GRU(5, reset_after=False),
    "convolution with strides": layers.Conv1D(4, 3, strides=2),
    "pools that overlap": layers.MaxPooling1D(3, strides=1),
    "dense": layers.Dense(4),
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("make, shape, options", FASTER.values(), ids=FASTER)
def test_faster_layers_and_their_gradients_are_those_of_keras(
    make, shape, options, jit
):
    layer, copy, x = pair(make(**options, dtype="float64"), shape)
    assert "call" in vars(copy)
    fast = tf.function(lambda x: values(copy, x), jit_compile=jit, autograph=False)
    for ours, theirs in zip(fast(x), values(layer, x), strict=True):
        assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("make", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("shape", [SERIES, LONG])
def test_recurrent_layers_in_graphs_are_those_of_keras(shape, make):
    layer, copy, x = pair(make(5, dtype="float64"), shape, for_graph)
    fast = tf.function(lambda x: values(copy, x), autograph=False)
    for ours, theirs in zip(fast(x), values(layer, x), strict=True):
        assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_dropout_draws_anew_at_every_call():
    copy = for_xla(layers.Dropout(0.25, seed=1))
    x = tf.ones((100, 100))
    drop = tf.function(lambda: copy(x, training=True), jit_compile=True)
    first, second = drop().numpy(), drop().numpy()
    assert_allclose(np.unique(first), [0, 4 / 3], rtol=1e-6)
    assert abs((first == 0).mean() - 0.25) < 0.02
    assert abs(((first == 0) & (second == 0)).mean() - 0.25**2) < 0.01
    assert_allclose(copy(x), x)


@pytest.mark.parametrize("copy", [for_graph, for_xla])
@pytest.mark.parametrize(
    "options",
    [
        {"mask": tf.sequence_mask([7, 5, 3, 1, 7, 6, 4, 2])},
        {"initial_state": 2 * [tf.ones((8, 5), tf.float64)]},
    ],
    ids=["mask", "initial state"],
)
def test_masks_and_initial_states_count(copy, options):
    layer, copy, x = pair(layers.LSTM(5, dtype="float64"), SERIES, copy)
    for ours, theirs in zip(values(copy, x, **options), values(layer, x, **options)):
        assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("layer", AS_KERAS.values(), ids=AS_KERAS)
def test_all_else_is_left_to_keras(layer):
    assert "call" not in vars(for_xla(layer))


def test_a_copy_keeps_names_and_settings():
    layer = layers.LSTM(5, name="reads", kernel_regularizer="l2")
    assert for_xla(layer).get_config() == layer.get_config()
    assert isinstance(for_xla(layer).kernel_regularizer, keras.regularizers.L2)
