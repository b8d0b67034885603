"""Cases: DICOM files."""
from run import Case

cases = []
