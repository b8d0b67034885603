"""All cases, in the order of their kinds."""
import importlib

kinds = ("dicom", "images", "tables", "weights", "figures", "running", "sources")


def cases():
    return [case for kind in kinds for case in importlib.import_module(kind).cases]
