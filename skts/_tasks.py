"""What scikit-learn's callbacks are told of a fit: a task, and one for each epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FitTask:
    """The task of one fit. Before version 1.9 of scikit-learn, it does nothing.

    Parameters
    ----------
    estimator : estimator
        Who is fitted.
    X, y, sample_weight : array-like
        What it is fitted on.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None):
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.context: Any = None

    def begin(self, n_subtasks: int = 0) -> None:
        """Begin the task, which has at most so many subtasks."""
        estimator = self.told["estimator"]
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=n_subtasks)
            self.context.call_on_fit_task_begin(**self.told)

    def end(self) -> None:
        """End the task of an estimator that is fitted."""
        if self.context:
            self._end(self.context, {})  # a copy of it has all

    def _end(self, context, attributes):
        return context.call_on_fit_task_end(
            **self.told, reconstruction_attributes=attributes
        )

    def of_epochs(self, attributes: Callable) -> list:
        """Return Keras callbacks that make each epoch a subtask.

        `attributes` returns what an estimator would have if the fit had stopped now.
        """
        if self.context is None or not getattr(self.context, "_callbacks", True):
            return []
        from ._engine import keras

        task = self

        class Epochs(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                self.context = task.context.subcontext(task_name="epoch")
                self.context.call_on_fit_task_begin(**task.told)

            def on_epoch_end(self, epoch, logs=None):
                if task._end(self.context, attributes):
                    self.model.stop_training = True

        return [Epochs()]
