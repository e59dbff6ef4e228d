"""Validates every signature of PDFs with pyHanko against given roots. Reads {"roots": [file], "files": [file]}, prints for
each file a list of its signatures: {"field", "ok", "covers", "what"}."""

import json
import sys

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def certificate(path):
    with open(path, 'rb') as file:
        data = file.read()
    return x509.Certificate.load(pem.unarmor(data)[2] if pem.detect(data) else data)


def validated(path, context):
    with open(path, 'rb') as file:
        found = []
        for signature in PdfFileReader(file, strict=False).embedded_signatures:
            status = validate_pdf_signature(signature, context)
            found.append({
                'field': signature.field_name,
                'ok': status.bottom_line,
                'covers': status.coverage.name,
                'what': status.pretty_print_details() if not status.bottom_line else status.summary(),
            })
        return found


def main(request):
    context = ValidationContext(
        trust_roots=[certificate(path) for path in request['roots']], allow_fetching=False, revocation_mode='soft-fail'
    )
    print(json.dumps({path: validated(path, context) for path in request['files']}))


main(json.load(sys.stdin))
