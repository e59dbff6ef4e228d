import { stringify } from 'yaml'

/** The SAM's configuration for development: SoftHSM, messages into a folder. Paths are relative to the SAM's folder. */
export function samYaml(hsmModule: string, sessions: number): string {
  const multisign = 100
  return stringify({
    profile: 'dev',
    node: 'sam-1',
    listen: { socketPath: '../run/sam/sap.sock' },
    tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'peers-ca.crt' },
    peers: [
      { name: 'ssa-1', role: 'ssa', certificate: 'peers/ssa.crt' },
      { name: 'ca-1', role: 'ca', certificate: 'peers/ca.crt' },
      { name: 'ra-1', role: 'ra', certificate: 'peers/ra.crt' },
      { name: 'officer-1', role: 'officer', certificate: 'peers/officer.crt' },
    ],
    database: { file: 'sam.db' },
    hsm: {
      module: hsmModule,
      token: 'chancery-sam',
      pinFile: 'pin',
      sessions,
      loginGuardFile: 'login-guard.json',
      environment: { SOFTHSM2_CONF: 'softhsm2.conf' },
    },
    trustedIssuers: ['ca-root.crt'],
    // Whoever tries things sends more codes than a signer should get.
    otp: { lifetimeSeconds: 300, sendsPerQuarterHour: 1000 },
    sad: { lifetimeSeconds: 300, limitSeconds: 900 },
    lockAfter: 5,
    policies: {
      'otp-pin': { scal: '2', multisign, factors: ['otp', 'pin'], minimumGrade: 'plain-otp' },
      'otp-only': { scal: '2', multisign, factors: ['otp'], minimumGrade: 'plain-otp' },
      'totp-pin': { scal: '2', multisign, factors: ['totp', 'pin'], minimumGrade: 'plain-otp' },
      'any-code-pin': { scal: '2', multisign, factors: 'pin AND (otp OR totp)', minimumGrade: 'plain-otp' },
      'bound-otp-pin': { scal: '2', multisign, factors: ['otp', 'pin'], minimumGrade: 'bound-otp' },
      seal: { scal: '1', multisign, factors: ['pin'], minimumGrade: 'static' },
    },
    channels: { file: { folder: 'outbox' } },
  })
}
