"""Cases: PNG and JPEG images, and masks."""
from run import Case

cases = []
