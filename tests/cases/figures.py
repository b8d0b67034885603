"""Cases: features, health and encoders."""
from run import Case

cases = []
