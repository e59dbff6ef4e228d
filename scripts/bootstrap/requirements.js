const SOFTHSM_PLACES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

/**
 * What the project needs besides Node and npm: how to see it, what it is called, and its Debian package. `before` is run
 * before the package is installed.
 * @typedef {{
 *   name: string, apt: string, program?: string, files?: readonly string[], before?: readonly string[]
 * }} Requirement
 * @type {readonly Requirement[]}
 */
const ALWAYS = [
  { name: 'the SoftHSM 2 library (libsofthsm2.so)', apt: 'softhsm2', files: SOFTHSM_PLACES },
  { name: 'pdfsig (of Poppler)', apt: 'poppler-utils', program: 'pdfsig' },
  { name: 'qpdf', apt: 'qpdf', program: 'qpdf' },
  { name: 'openssl', apt: 'openssl', program: 'openssl' },
  { name: 'curl', apt: 'curl', program: 'curl' },
]

const CLUSTERS = '/etc/postgresql-common/createcluster.conf'

/**
 * The tests start servers of their own. Where nobody has said otherwise, the package makes and starts none.
 * @type {readonly Requirement[]}
 */
const FOR_TESTS = [
  {
    name: 'the PostgreSQL server',
    apt: 'postgresql',
    files: [18, 17, 16, 15, 14, 13].map((version) => '/usr/lib/postgresql/' + version + '/bin/postgres'),
    before: [
      'sh',
      '-c',
      'mkdir -p /etc/postgresql-common && test -e ' +
        CLUSTERS +
        ' || echo create_main_cluster = false > ' +
        CLUSTERS,
    ],
  },
]

/** @type {readonly Requirement[]} */
const TO_COMPILE = [
  { name: 'python3', apt: 'python3', program: 'python3' },
  { name: 'make', apt: 'make', program: 'make' },
  { name: 'g++', apt: 'g++', program: 'g++' },
]

/**
 * @param {{ exists(path: string): boolean, hasProgram(name: string): boolean }} world
 * @param {{ compiles: boolean, tests: boolean }} purpose whether npm will compile native packages, and tests will run
 * @returns {readonly Requirement[]}
 */
export function missingRequirements(world, { compiles, tests }) {
  return [...ALWAYS, ...(compiles ? TO_COMPILE : []), ...(tests ? FOR_TESTS : [])].filter((requirement) =>
    requirement.program !== undefined
      ? !world.hasProgram(requirement.program)
      : !(requirement.files || []).some((file) => world.exists(file)),
  )
}
