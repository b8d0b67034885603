"""Cases: CSV files, lists and folder layouts."""
from run import Case

cases = []
