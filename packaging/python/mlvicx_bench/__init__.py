"""Reads what mlvicx-bench writes. Nothing here changes a results file.

    results = mlvicx_bench.open("results.db")
    results.leaderboard()
    results.scores(method="mlvicx", protocol="frozen", fraction=0.01)
    model = mlvicx_bench.encoder("encoders/vicreg.safetensors")
    mlvicx_bench.features(model, "nih.safetensors", "features.safetensors")
"""
from .results import Results, open

__all__ = ["Results", "encoder", "features", "open"]


def __getattr__(name):  # torch takes seconds to import: only for those who need it
    if name in ("encoder", "features"):
        from . import encoders

        return getattr(encoders, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
