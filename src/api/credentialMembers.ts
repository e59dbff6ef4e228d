import type { CredentialInfo, InfoOptions } from '../csc/credentials/info.ts'
import { generalizedTime } from './bodies.ts'

interface InfoMembers {
  readonly certificates?: 'none' | 'single' | 'chain'
  readonly certInfo?: boolean
  readonly authInfo?: boolean
}

/** What is asked for of a credential, with the defaults that both versions have. */
export function infoOptions(members: InfoMembers): InfoOptions {
  return {
    certificates: members.certificates ?? 'single',
    hasCertificateInfo: members.certInfo ?? false,
    hasFactorInfo: members.authInfo ?? false,
  }
}

export interface CredentialMembers {
  readonly description?: string
  readonly key: {
    readonly status: 'enabled' | 'disabled'
    readonly algo: string[]
    readonly len: number
    readonly curve?: string
  }
  readonly cert: {
    readonly status?: 'valid' | 'expired'
    readonly certificates?: string[]
    readonly issuerDN?: string
    readonly serialNumber?: string
    readonly subjectDN?: string
    readonly validFrom?: string
    readonly validTo?: string
  }
}

/** The members that v1 and v2 have alike. `cert` is there even when it is empty: clients expect it. */
export function credentialMembers(info: CredentialInfo): CredentialMembers {
  const { credential, key, certificate, certificates, certificateStatus } = info
  return {
    ...(credential.description === '' ? {} : { description: credential.description }),
    key: {
      status: info.isEnabled ? 'enabled' : 'disabled',
      algo: [...key.algorithms],
      len: key.bits,
      ...(key.curve === undefined ? {} : { curve: key.curve }),
    },
    cert: {
      ...(certificateStatus === undefined ? {} : { status: certificateStatus }),
      ...(certificates === undefined
        ? {}
        : { certificates: certificates.map((der) => der.toString('base64')) }),
      ...(certificate === undefined
        ? {}
        : {
            issuerDN: certificate.issuerDn,
            serialNumber: certificate.serialNumber,
            subjectDN: certificate.subjectDn,
            validFrom: generalizedTime(certificate.notBefore),
            validTo: generalizedTime(certificate.notAfter),
          }),
    },
  }
}
