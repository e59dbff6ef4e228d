import { X509Certificate } from 'node:crypto'
import { credential } from '../../acts/credential.ts'
import { post } from '../../acts/post.ts'
import { generalizedTime, isRfc4514, nameValues } from '../../acts/x509.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'

const METHOD = 'credentials/info'
const CERT_INFO = ['issuerDN', 'serialNumber', 'subjectDN', 'validFrom', 'validTo']

/** What certificates and certInfo ask for, and what comes without. */
export const CERTIFICATE_INFO_CASES: readonly CaseIn[] = [
  rule({
    name: 'certificates-default',
    rule: "Without certificates the signer's own certificate comes, and no other.",
    run: async (trial) => {
      const list = textsAt(await usualInfo(trial, {}), 'cert/certificates')
      holds(list.length === 1, `cert/certificates has ${list.length}`)
      holds(list.join() === (await certificatesOf(trial, 'single')).join(), 'it is not the one of `single`')
    },
  }),
  rule({
    name: 'certificates-none',
    rule: 'With certificates none there is no cert/certificates.',
    run: async (trial) => {
      const info = await usualInfo(trial, { certificates: 'none' })
      holds(at(info, 'cert/certificates') === undefined, 'cert/certificates came, though none was asked for')
    },
  }),
  rule({
    name: 'certificates-single',
    rule: "With certificates single only the signer's own certificate comes.",
    run: async (trial) => {
      const list = await certificatesOf(trial, 'single')
      holds(list.length === 1, `cert/certificates has ${list.length}`)
    },
  }),
  rule({
    name: 'certificates-chain',
    rule: 'With certificates chain each certificate is signed by the next one; the first is the signer’s.',
    run: async (trial) => {
      const list = (await certificatesOf(trial, 'chain')).map(parsed)
      const [single] = (await certificatesOf(trial, 'single')).map(parsed)
      const [leaf] = list
      holds(leaf !== undefined && single !== undefined, 'cert/certificates is empty')
      holds(leaf.raw.equals(single.raw), 'the first is not the one of `single`')
      for (const [index, one] of list.slice(0, -1).entries()) {
        const issuer = list[index + 1]
        const isGood = issuer !== undefined && one.checkIssued(issuer) && one.verify(issuer.publicKey)
        holds(isGood, `certificate ${index + 1} is not signed by certificate ${index + 2}`)
      }
      const last = list.at(-1)
      const isWhole = last !== undefined && last.checkIssued(last)
      trial.note(`seen: ${list.length} certificates, ${isWhole ? 'with' : 'without'} the root`)
    },
  }),
  rule({
    name: 'certificates-encoding',
    rule: 'Certificates are DER in standard base64: no PEM armour, no line breaks.',
    run: async (trial) => {
      for (const text of await certificatesOf(trial, 'chain')) {
        const der = Buffer.from(text, 'base64')
        holds(der.toString('base64') === text, `a certificate is not standard base64: ${text.slice(0, 40)}`)
        parsed(text)
      }
    },
  }),
  rule({
    name: 'cert-info-unasked',
    rule: 'Without certInfo no issuerDN, serialNumber, subjectDN, validFrom and validTo come.',
    run: async (trial) => {
      for (const members of [{}, { certInfo: false }]) {
        const info = await usualInfo(trial, members)
        const extra = CERT_INFO.find((name) => at(info, `cert/${name}`) !== undefined)
        holds(extra === undefined, `cert/${extra ?? ''} came, though certInfo is not true`)
      }
    },
  }),
  rule({
    name: 'cert-info',
    rule: 'With certInfo all five come, as texts, also without the certificate.',
    run: async (trial) => {
      const info = await usualInfo(trial, { certInfo: true, certificates: 'none' })
      for (const name of CERT_INFO) textIn(info, `cert/${name}`)
    },
  }),
  rule({
    name: 'validity',
    rule: 'validFrom and validTo are those of the certificate, as YYYYMMDDHHMMSSZ.',
    run: async (trial) => {
      const { cert, x509 } = await certInfo(trial)
      for (const [name, date] of [
        ['validFrom', x509.validFrom],
        ['validTo', x509.validTo],
      ] as const) {
        const expected = generalizedTime(new Date(date))
        holds(
          textAt(cert, name) === expected,
          `${name} is ${textAt(cert, name) ?? 'missing'}, not ${expected}`,
        )
      }
    },
  }),
  rule({
    name: 'serial-number',
    rule: 'serialNumber is the one of the certificate, in hex digits without a prefix.',
    run: async (trial) => {
      const { cert, x509 } = await certInfo(trial)
      const serial = textIn(cert, 'serialNumber')
      holds(/^[0-9A-Fa-f]+$/.test(serial), `serialNumber is ${serial}`)
      holds(
        BigInt(`0x${serial}`) === BigInt(`0x${x509.serialNumber}`),
        `the certificate has ${x509.serialNumber}`,
      )
      if (/[a-f]/.test(serial)) trial.note('serialNumber is in small letters')
    },
  }),
  rule({
    name: 'names',
    rule: 'subjectDN and issuerDN are the names of the certificate, written as RFC 4514 has them.',
    run: async (trial) => {
      const { cert, x509 } = await certInfo(trial)
      for (const [name, inside] of [
        ['subjectDN', x509.subject],
        ['issuerDN', x509.issuer],
      ] as const) {
        const text = textIn(cert, name)
        holds(isRfc4514(text), `${name} is ${text}`)
        const plain = text.replace(/\\(.)/g, '$1')
        const missing = nameValues(inside).find((value) => /^[\w .-]+$/.test(value) && !plain.includes(value))
        holds(missing === undefined, `${name} is ${text}, and the certificate’s has ${missing ?? ''}`)
      }
    },
  }),
  rule({
    name: 'certificate-status',
    rule: 'cert/status, where it is given, is valid, expired, revoked or suspended, and fits the dates of the certificate.',
    run: async (trial) => {
      const { cert, x509 } = await certInfo(trial)
      const status = at(cert, 'status')
      if (status === undefined) throw new NotOffered('`credentials/info` gives no cert/status')
      const known = ['valid', 'expired', 'revoked', 'suspended']
      holds(typeof status === 'string' && known.includes(status), `cert/status is ${JSON.stringify(status)}`)
      const isOver = Date.now() > new Date(x509.validTo).getTime()
      holds(!(status === 'valid' && isOver), 'cert/status is valid, and the certificate has expired')
      holds(!(status === 'expired' && !isOver), 'cert/status is expired, and the certificate has not')
    },
  }),
]

async function usualInfo(trial: Trial, members: object): Promise<unknown> {
  const { id: credentialID } = await credential(trial)
  return answered(await post(trial, METHOD, { credentialID, ...members }))
}

async function certificatesOf(trial: Trial, certificates: 'single' | 'chain'): Promise<readonly string[]> {
  return textsAt(await usualInfo(trial, { certificates }), 'cert/certificates')
}

function parsed(text: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(text, 'base64'))
  } catch {
    holds(false, `a certificate is no X.509 certificate: ${text.slice(0, 40)}`)
  }
}

async function certInfo(trial: Trial): Promise<{ readonly cert: unknown; readonly x509: X509Certificate }> {
  const cert = at(await usualInfo(trial, { certificates: 'single', certInfo: true }), 'cert')
  const [text = ''] = textsAt(cert, 'certificates')
  return { cert, x509: parsed(text) }
}
