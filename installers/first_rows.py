#!/usr/bin/env python3
"""first_rows.py COUNT FROM.npy TO.npy: the first rows of an array, by the NumPy format's own description (version 1.0 and 2.0), without
NumPy."""
import ast
import math
import struct
import sys

WIDTHS = {"|u1": 1, "|i1": 1, "|b1": 1, "<i8": 8, "<i4": 4, "<f4": 4, "<f8": 8, "<f2": 2}


def main(count, source, target):
    with open(source, "rb") as file:
        magic = file.read(8)
        if magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2):
            raise SystemExit(f"first_rows: {source} is not an array of a known version")
        length = struct.unpack("<H", file.read(2))[0] if magic[6] == 1 else struct.unpack("<I", file.read(4))[0]
        header = ast.literal_eval(file.read(length).decode("latin-1"))
        if header["fortran_order"] or not header["shape"]:
            raise SystemExit(f"first_rows: the rows of {source} do not lie one after the other")
        rows = min(count, header["shape"][0])
        data = file.read(rows * math.prod(header["shape"][1:]) * WIDTHS[header["descr"]])
    header["shape"] = (rows, *header["shape"][1:])
    text = repr(header)
    text += " " * (-(len(text) + 11) % 64) + "\n"  # the data begins at a multiple of 64
    with open(target, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1") + data)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
