from hypothesis import settings

# The first example may trace a TensorFlow program; hypothesis' 200 ms are not for that.
settings.register_profile("skts", deadline=None)
settings.load_profile("skts")
