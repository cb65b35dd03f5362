"""Layers in operations that are quick on a CPU, equal to Keras' to rounding.

`for_xla` and `for_graph` copy a layer; where the copy computes in its own way, it is
one of the functions below. They are written for few, large operations on blocks whose
last dimension is a power of two, the rows of a batch: XLA runs each operation apart, at
a cost of a microsecond, and multiplies small matrices of other widths at half the
speed.
"""

from __future__ import annotations

import functools
import itertools
import math

import keras
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla  # no public name leads to its barrier

# Slopes of the activations that follow from what the activations return.
SLOPES = {
    keras.activations.tanh: lambda a: 1 - a * a,
    keras.activations.relu: lambda a: tf.cast(a > 0, a.dtype),
    keras.activations.linear: tf.ones_like,
}
FEW_TIMESTEPS = 8  # take less time one after the other than as turns of a loop


def for_graph(layer):
    """Return a copy of `layer`, in operations that TensorFlow itself is good at."""
    is_lstm = isinstance(layer, keras.layers.LSTM)
    return _copy(layer, _lstm_without_loop if is_lstm else None)


def for_xla(layer):
    """Return a copy of `layer`, in operations that XLA is good at."""
    return _copy(layer, _faster_call(layer))


def _copy(layer, call):
    """Return a copy of `layer` that computes by `call`, if given."""
    copy = type(layer).from_config(layer.get_config())
    if call:
        copy.call = functools.partial(call, copy)
    return copy


def _faster_call(layer):
    if isinstance(layer, keras.layers.LSTM):
        is_plain = (
            layer.activation in SLOPES
            and layer.recurrent_activation is keras.activations.sigmoid
            and layer.use_bias
            and not (layer.dropout or layer.recurrent_dropout)
            and not (layer.go_backwards or layer.stateful or layer.return_state)
        )
        return _lstm if is_plain else None
    if isinstance(layer, keras.layers.Dropout):
        return _drop_out if layer.noise_shape is None else None
    if getattr(layer, "data_format", None) != "channels_last":
        return None
    if isinstance(layer, keras.layers.MaxPooling1D | keras.layers.MaxPooling2D):
        is_plain = layer.padding == "valid" and layer.strides == layer.pool_size
        return _max_pool if is_plain else None
    if isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D):
        steps = {*layer.strides, *layer.dilation_rate, layer.groups}
        return _convolve if layer.padding == "valid" and steps == {1} else None
    return None


def _drop_out(layer, x, training=False):
    """Drop out by numbers from Threefry; XLA takes ten times as long for Philox'."""
    if not training or not layer.rate:
        return x
    seed = layer.seed_generator.next()
    drawn = tf.random.stateless_uniform(x.shape, seed, dtype=x.dtype, alg="threefry")
    return tf.where(drawn < layer.rate, tf.zeros_like(x), x / (1 - layer.rate))


def _convolve(layer, x):
    """Convolve by one product of matrices."""
    sizes = [n - k + 1 for n, k in zip(x.shape[1:-1], layer.kernel_size)]
    offsets = itertools.product(*map(range, layer.kernel_size))
    patches = tf.concat(
        [x[:, *(slice(o, o + n) for o, n in zip(offset, sizes))] for offset in offsets],
        axis=-1,
    )
    kernel = tf.reshape(layer.kernel, (patches.shape[-1], layer.filters))
    y = tf.matmul(tf.reshape(patches, (-1, patches.shape[-1])), kernel)
    y = tf.reshape(y, (-1, *sizes, layer.filters))
    return layer.activation(y + layer.bias if layer.use_bias else y)


def _max_pool(layer, x):
    """Take maxima pair by pair."""
    sizes = [n // k for n, k in zip(x.shape[1:-1], layer.pool_size)]
    x = x[:, *(slice(n * k) for n, k in zip(sizes, layer.pool_size))]
    pairs = itertools.chain(*zip(sizes, layer.pool_size))
    x = tf.reshape(x, (-1, *pairs, x.shape[-1]))
    best = None
    for offset in itertools.product(*map(range, layer.pool_size)):
        one = x[:, *itertools.chain(*((slice(None), o) for o in offset))]
        best = one if best is None else tf.where(best >= one, best, one)
    return best


def _lstm_without_loop(layer, x, *state, **options):
    """Run an LSTM as Keras does, without a loop over few timesteps."""
    layer.unroll |= (x.shape[1] or math.inf) <= FEW_TIMESTEPS
    return type(layer).call(layer, x, *state, **options)


def _lstm(layer, x, *state, training=None, **options):
    """Run an LSTM, and back, with its gates as rows of one matrix (4 units, rows).

    One with an initial state or a mask is left to Keras.
    """
    steps, channels = x.shape[1:]
    options = {name: value for name, value in options.items() if value is not None}
    if state or options or steps is None:
        return type(layer).call(layer, x, *state, training=training, **options)
    cell = layer.cell
    activation, slope = layer.activation, SLOPES[layer.activation]
    units = layer.units
    # Gates come in the order: in, forget, new, out. All but "new" are sigmoids, and a
    # sigmoid is a tanh: s * tanh(s * z) + 1 - s, where s is 1/2; a tanh if s is 1.
    scale = tf.repeat(tf.constant([0.5, 0.5, 1, 0.5], x.dtype), units)[:, None]
    is_new = scale == 1
    is_out = tf.constant([False, False, False, True])[:, None, None]
    inputs = tf.transpose(x, (1, 2, 0))

    @tf.custom_gradient
    def run(kernel, recurrent_kernel, bias, inputs):
        of_input, of_state = tf.transpose(kernel), tf.transpose(recurrent_kernel)
        zero = tf.zeros((units, x.shape[0] or tf.shape(x)[0]), x.dtype)

        def array(n):
            return tf.TensorArray(x.dtype, steps, element_shape=(n, x.shape[0]))

        def step(t, h, c, cs, gates):
            z = tf.matmul(of_state, h) + tf.matmul(of_input, inputs[t]) + bias
            a = tf.tanh(z * scale) * scale + (1 - scale)
            if activation is not keras.activations.tanh:
                a = tf.where(is_new, activation(z), a)
            i, f, new, o = tf.split(a, 4)
            c = f * c + i * new
            return t + 1, o * activation(c), c, cs.write(t, c), gates.write(t, a)

        _, h, _, cs, gates = tf.while_loop(
            lambda t, *_: t < steps,
            step,
            (0, zero, zero, array(units), array(4 * units)),
            parallel_iterations=1,
            maximum_iterations=steps,
        )
        cs, gates = cs.stack(), gates.stack()
        i, f, new, o = tf.split(gates, 4, 1)
        outs = activation(cs)
        hs = o * outs

        def gradient(dh):
            # What does not depend on later timesteps, of all at once.
            slopes = scale**2 - (gates - (1 - scale)) ** 2
            if activation is not keras.activations.tanh:
                slopes = tf.where(is_new, slope(gates), slopes)
            c_before = tf.concat([zero[None], cs[:-1]], 0)
            dz_dc = tf.concat([new, c_before, i, outs], 1) * slopes
            dz_dc = tf.reshape(dz_dc, (steps, 4, units, -1))
            dc_dh = o * slope(outs)

            def step_back(t, dh_later, dc, dzs):
                dh_t = dh_later + dh[t] if layer.return_sequences else dh_later
                dc += dh_t * dc_dh[t]
                dz = tf.where(is_out, dh_t[None], dc[None]) * dz_dc[t]
                dz = tf.reshape(dz, (4 * units, -1))
                return (
                    t - 1,
                    tf.matmul(recurrent_kernel, dz),
                    dc * f[t],
                    dzs.write(t, dz),
                )

            *_, dzs = tf.while_loop(
                lambda t, *_: t >= 0,
                step_back,
                (
                    steps - 1,
                    zero if layer.return_sequences else dh,
                    zero,
                    array(4 * units),
                ),
                parallel_iterations=1,
                maximum_iterations=steps,
            )
            h_before = tf.concat([zero[None], hs[:-1]], 0)
            dz, h, u = (
                tf.reshape(tf.transpose(v, (1, 0, 2)), (v.shape[1], -1))
                for v in (dzs.stack(), h_before, inputs)
            )
            d_inputs = tf.reshape(tf.matmul(kernel, dz), (channels, steps, -1))
            return (
                tf.matmul(u, dz, transpose_b=True),
                tf.matmul(h, dz, transpose_b=True),
                tf.reduce_sum(dz, 1, keepdims=True),
                tf.transpose(d_inputs, (1, 0, 2)),
            )

        return hs if layer.return_sequences else h, gradient

    h = run(
        tf.convert_to_tensor(cell.kernel),
        tf.convert_to_tensor(cell.recurrent_kernel),
        tf.convert_to_tensor(cell.bias)[:, None],
        inputs,
    )
    h = tf.transpose(h, (2, 0, 1)) if layer.return_sequences else tf.transpose(h)
    if training is not False:
        return h
    # XLA would read h transposed in the product that follows, which on some processors
    # gives the last rows of a block other bits than the first.
    return tf.grad_pass_through(lambda h: xla.optimization_barrier(h)[0])(h)
