"""The only door to scikit-learn's private names.

A name that moves in a new version is mended here. Every test that imports skts would
notice.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._indexing import _get_column_indices as column_positions
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config as get_output_config
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.parallel import _get_threadpool_controller as threadpool_controller
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _get_feature_names as string_names

# scikit-learn ships no types, and a class of unknown bases takes all parameters in the
# eyes of mypy, which alone believes that this is true.
MYPY = False
if MYPY:

    class BaseEstimator:
        def __getattr__(self, name: str) -> Any: ...
        def __sklearn_tags__(self) -> Any: ...
        def __getstate__(self) -> Any: ...
        def __setstate__(self, state: Any) -> None: ...
        def __sklearn_clone__(self) -> Any: ...

    class CallbackSupportMixin: ...

    class ClassifierMixin:
        def __sklearn_tags__(self) -> Any: ...

    class RegressorMixin:
        def __sklearn_tags__(self) -> Any: ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    try:
        from sklearn.callback import CallbackSupportMixin
    except ImportError:  # before version 1.9

        class CallbackSupportMixin:
            pass


class DocLinkMixin:
    """An estimator whose picture links to its page, once the package names a site."""

    _doc_link_module = "skts"

    @property
    def _doc_link_template(self) -> str:
        try:
            urls = metadata.metadata("skts").get_all("Project-URL", [])
        except metadata.PackageNotFoundError:  # run from its source
            return ""
        site = dict(url.split(", ") for url in urls).get("Documentation")
        page = "/generated/{estimator_module}.{estimator_name}.html"
        return site + page if site else ""


__all__ = [
    "BaseEstimator",
    "CallbackSupportMixin",
    "ClassifierMixin",
    "DocLinkMixin",
    "HasMethods",
    "Interval",
    "RegressorMixin",
    "StrOptions",
    "check_feature_names_in",
    "check_matplotlib_support",
    "check_method_params",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "column_positions",
    "fit_context",
    "get_output_config",
    "safe_indexing",
    "string_names",
    "threadpool_controller",
    "validate_params",
]
