#!/usr/bin/env python3
"""Makes the DICOM files beside it: pydicom 3.0.2, numpy, pylibjpeg-openjpeg 2.6.0 and imagecodecs 2026.3.6.

Each holds 40 x 32 pixels of a formula that the tests repeat, coded without loss where the code can, under a header that
says something else. After writing, every file that pydicom reads is read back by it and compared with the formula.
"""
import io

import imagecodecs
import numpy as np
import pydicom
from openjpeg.utils import encode_array
from PIL import Image
from pydicom.encaps import encapsulate

y, x = np.mgrid[0:32, 0:40]
deep = 4 * x * x + 4 * y * y + 11 * x  # 0 .. 10357, beyond 12 bits
flat = deep // 3  # 0 .. 3452, within
grey = deep // 64  # 0 .. 161

LS, JPEG, JPEG55, J2K = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.90"


def j2k(values, bits, dtype=np.uint16, jp2_file=False):
    return encode_array(values.astype(dtype), bits_stored=bits, photometric_interpretation=2, codec_format=int(jp2_file))


def jpeg(values, progressive):
    out = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(out, "JPEG", quality=95, progressive=progressive)
    return out.getvalue()


def write(name, syntax, coded, stored, expected=None, allocated=16, sign=0):
    data = pydicom.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4", "DX"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = 32, 40
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = allocated, stored, stored - 1, sign
    data.PixelData = encapsulate([coded])
    data["PixelData"].VR = "OB"
    data.save_as(name + ".dcm", enforce_file_format=True)
    if expected is not None:
        assert np.array_equal(pydicom.dcmread(name + ".dcm").pixel_array, expected), name


write("j2k_14_of_12", J2K, j2k(deep, 14), 12, deep)
write("j2k_16_within_12", J2K, j2k(flat, 16), 12, flat)
write("j2k_signed", J2K, j2k(deep - 3000, 16, np.int16), 16, deep - 3000, sign=1)
write("j2k_signed_of_unsigned", J2K, j2k(deep - 3000, 16, np.int16), 16)
write("j2k_signed_none_below_0", J2K, j2k(flat, 16, np.int16), 16, flat)
write("j2k_unsigned_of_signed", J2K, j2k((flat - 1500) & 0xFFF, 12), 12, flat - 1500, sign=1)
write("jp2_file", J2K, j2k(flat, 12, jp2_file=True), 12, flat)
write("j2k_8_of_16", J2K, j2k(grey, 8, np.uint8), 8, grey)
write("j2k_8_of_12", J2K, j2k(grey, 8, np.uint8), 12)
write("j2k_part_2", "1.2.840.10008.1.2.4.92", j2k(flat, 12), 12)
write("jpeg_ls_8_of_16", LS, imagecodecs.jpegls_encode(grey.astype(np.uint8)), 8, grey)
write("jpeg_8_of_16", JPEG, jpeg(grey, False), 8)
write("jpeg_progressive", JPEG55, jpeg(grey, True), 8, allocated=8)
write("jpeg_labelled_j2k", J2K, jpeg(grey, False), 8, allocated=8)
