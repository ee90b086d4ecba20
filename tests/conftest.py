"""Settings that hold for every test.

Hypothesis prints what reproduces a failure. `--hypothesis-seed=N` repeats a run, `--hypothesis-profile=deep` looks longer.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick", max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", settings.get_profile("quick"), max_examples=2_000)
settings.load_profile("quick")
