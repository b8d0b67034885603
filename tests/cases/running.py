"""Cases: arguments, plans, output and terminals."""
from run import Case

cases = []
