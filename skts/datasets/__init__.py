"""Series bundled with the library."""

from ._births import load_daily_births

__all__ = ["load_daily_births"]
