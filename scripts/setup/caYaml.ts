import { stringify } from 'yaml'

const ROOT_DAYS = 20 * 365
const ISSUING_DAYS = 10 * 365

/** The issuing CA's configuration for development. Paths are relative to the CA's folder. */
export function caYaml(hsmModule: string): string {
  const name = { organization: 'Chancery development', country: 'DK' }
  return stringify({
    node: 'ca-1',
    listen: { socketPath: '../run/ca/sap.sock' },
    tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'peers-ca.crt' },
    peers: [{ name: 'ra-1', role: 'ra', certificate: 'peers/ra.crt' }],
    sam: {
      url: 'https://localhost',
      socketPath: '../run/sam/sap.sock',
      identityKey: 'sam-identity.pem',
    },
    database: { file: 'ca.db' },
    hsm: {
      module: hsmModule,
      token: 'chancery-ca',
      pinFile: 'pin',
      sessions: 1,
      loginGuardFile: 'login-guard.json',
      environment: { SOFTHSM2_CONF: 'softhsm2.conf' },
    },
    root: { commonName: 'Chancery development root', ...name, validDays: ROOT_DAYS },
    issuing: {
      commonName: 'Chancery development issuing CA',
      ...name,
      validDays: ISSUING_DAYS,
      keyType: 'p-384',
    },
    acceptedProfiles: ['dev'],
    certificates: { validDays: 730 },
  })
}
