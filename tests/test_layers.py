"""Seeded layers: every random number follows from the seed."""

import random

import numpy as np

from skts._networks._layers import SeededLayers


def network(seed, dtype="float32"):
    import keras

    layers = SeededLayers(seed, dtype)
    windows = keras.Input((4, 1), dtype=dtype)
    hidden = layers.Dropout(0.5)(layers.LSTM(3)(windows))
    return keras.Model(windows, layers.Dense(2)(hidden))


def test_same_seed_gives_same_weights():
    for ours, theirs in zip(
        network(0).get_weights(), network(0).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_other_seed_gives_other_weights():
    assert (network(0).get_weights()[0] != network(1).get_weights()[0]).all()


def test_layers_do_not_share_a_seed():
    layers = SeededLayers(0, "float32")
    first, second = layers.Dense(3), layers.Dense(3)
    first.build((None, 3))
    second.build((None, 3))
    assert (first.get_weights()[0] != second.get_weights()[0]).all()


def test_names_do_not_depend_on_what_was_built_before():
    names = [layer.name for layer in network(0).layers[1:]]
    assert names == ["lstm_1", "dropout_1", "dense_1"]


def test_dtype_is_that_of_the_weights():
    assert {w.dtype for w in network(0, "float64").get_weights()} == {
        np.dtype("float64")
    }


def test_global_random_state_is_left_alone():
    network(0)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    network(0)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert after == before


def test_what_the_caller_sets_wins():
    layer = SeededLayers(0, "float32").Dense(
        3, kernel_initializer="zeros", name="answer"
    )
    layer.build((None, 2))
    assert layer.name == "answer"
    assert not layer.get_weights()[0].any()
