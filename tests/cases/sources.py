"""Cases: sources that change, copies and the audit."""
from run import Case

cases = []
