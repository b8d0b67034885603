"""Cases: weights from elsewhere."""
from run import Case

cases = []
