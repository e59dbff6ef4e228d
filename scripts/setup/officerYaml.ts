import { stringify } from 'yaml'

/** What the officers' commands read; paths are relative to the officers' folder. */
export function officerYaml(management: string): string {
  return stringify({
    sam: { socketPath: '../run/sam/sap.sock' },
    ca: { socketPath: '../run/ca/sap.sock' },
    authority: 'peers-ca.crt',
    ra: { certificate: 'ra.crt', key: 'ra.key' },
    officer: { certificate: 'officer.crt', key: 'officer.key' },
    management,
    operatorTokenFile: 'operator-token',
  })
}
