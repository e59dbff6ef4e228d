"""Signs PDFs through pyHanko's own CSC signer, as an application that uses that library would.

Reads one JSON object: where the service is, who signs, and `cases`. Prints a JSON list, one entry for each case.
"""

import asyncio
import base64
import json
import os
import ssl
import sys
import time

import aiohttp
from asn1crypto import algos
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read().strip()


async def post(session, info, method, body):
    url = info.endpoint_url(method)
    async with session.post(url, headers=info.auth_headers, json=body) as response:
        text = await response.text()
        if response.status >= 300:
            raise RuntimeError(f'{method}: {response.status} {text}')
        return json.loads(text) if text else None


def codes_in(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        message = json.loads(read(os.path.join(folder, name)))
        if 'code' in message:
            found[name] = message['code']
    return found


async def sent_code(session, info, folder):
    before = set(codes_in(folder))
    if info.api_ver == 'v1':
        await post(session, info, 'credentials/sendOTP', {'credentialID': info.credential_id})
    else:
        wanted = {'credentialID': info.credential_id, 'authObjectID': 'OTP'}
        await post(session, info, 'credentials/getChallenge', wanted)
    new = [code for name, code in codes_in(folder).items() if name not in before]
    if len(new) != 1:
        raise RuntimeError(f'{len(new)} codes came')
    return new[0]


used_steps = set()


async def totp_code(secret):
    """A time step serves once: wait for the next one if this one was used."""
    while (step := int(time.time() // 30)) in used_steps:
        await asyncio.sleep(0.5)
    used_steps.add(step)
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    return TOTP(key, 6, hashes.SHA1(), 30, enforce_key_length=False).generate(int(time.time())).decode()


class PssSigner(CSCSigner):
    """The library's signer, with PSS parameters of the application's own choice."""

    pss_parameters = None

    @property
    def signature_mechanism(self):
        return self.pss_parameters


class Authorization(CSCAuthorizationManager):
    def __init__(self, info, credential, session, signer):
        super().__init__(info, credential)
        self.session = session
        self.signer = signer

    async def authorize_signature(self, hash_b64s):
        factors = self.signer['factors']
        kinds = self.signer['kinds']
        otp = None
        if 'otp' in kinds:
            otp = await sent_code(self.session, self.csc_session_info, factors['otp']['folder'])
        elif 'totp' in kinds:
            otp = await totp_code(read(factors['totp']['secretFile']))
        request = self.format_csc_auth_request(
            pin=read(factors['pin']['file']) if 'pin' in kinds else None, otp=otp, hash_b64s=hash_b64s
        )
        answer = await post(self.session, self.csc_session_info, 'credentials/authorize', request)
        return self.parse_csc_auth_response(answer)


def pss(digest, salt_length):
    return algos.SignedDigestAlgorithm({
        'algorithm': 'rsassa_pss',
        'parameters': algos.RSASSAPSSParams({
            'hash_algorithm': {'algorithm': digest},
            'mask_gen_algorithm': {'algorithm': 'mgf1', 'parameters': {'algorithm': digest}},
            'salt_length': salt_length,
        }),
    })


async def sign(session, service, token, case):
    info = CSCServiceSessionInfo(
        service['root'], case['credential']['id'], oauth_token=token, api_ver=case.get('version', 'v1')
    )
    credential = await fetch_certs_in_csc_credential(session, info)
    who = {'factors': service['factors'], 'kinds': case['credential']['factors']}
    signer = PssSigner(
        session,
        Authorization(info, credential, session, who),
        prefer_pss=case['padding'] == 'pss-default',
        batch_size=len(case['files']),
    )
    if case['padding'] == 'pss-hash-length':
        signer.pss_parameters = pss(case['digest'], {'sha256': 32, 'sha384': 48, 'sha512': 64}[case['digest']])

    async def one(file):
        with open(file['in'], 'rb') as source, open(file['out'], 'wb') as target:
            meta = signers.PdfSignatureMetadata(
                field_name=f"Signature{case['name']}", md_algorithm=case['digest'], subfilter=SigSeedSubFilter.PADES
            )
            await signers.PdfSigner(meta, signer).async_sign_pdf(
                IncrementalPdfFileWriter(source, strict=False), output=target
            )

    await asyncio.gather(*(one(file) for file in case['files']))


async def login(session, service):
    info = CSCServiceSessionInfo(service['root'], '')
    given = f"{service['username']}:{read(service['passwordFile'])}".encode()
    headers = {'Authorization': f'Basic {base64.b64encode(given).decode()}'}
    async with session.post(info.endpoint_url('auth/login'), headers=headers, json={}) as response:
        return (await response.json())['access_token']


async def main(service):
    context = ssl.create_default_context(cafile=service['caFile'])
    results = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        token = await login(session, service)
        for case in service['cases']:
            try:
                await sign(session, service, token, case)
                results.append({'name': case['name'], 'error': None})
            except Exception as error:  # every case gets its answer
                results.append({'name': case['name'], 'error': repr(error)})
    print(json.dumps(results))


asyncio.run(main(json.load(sys.stdin)))
