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
 * What the project needs besides Node and npm: how to see it, what it is called, and its Debian package.
 * @typedef {{ name: string, apt: string, program?: string, files?: readonly string[] }} Requirement
 * @type {readonly Requirement[]}
 */
const ALWAYS = [
  { name: 'the SoftHSM 2 library (libsofthsm2.so)', apt: 'softhsm2', files: SOFTHSM_PLACES },
  { name: 'pdfsig (of Poppler)', apt: 'poppler-utils', program: 'pdfsig' },
  { name: 'qpdf', apt: 'qpdf', program: 'qpdf' },
  { name: 'openssl', apt: 'openssl', program: 'openssl' },
  { name: 'curl', apt: 'curl', program: 'curl' },
]

/** @type {readonly Requirement[]} */
const TO_COMPILE = [
  { name: 'python3', apt: 'python3', program: 'python3' },
  { name: 'make', apt: 'make', program: 'make' },
  { name: 'g++', apt: 'g++', program: 'g++' },
]

/**
 * @param {{ exists(path: string): boolean, hasProgram(name: string): boolean }} world
 * @param {boolean} compiles whether npm will compile native packages
 * @returns {readonly Requirement[]}
 */
export function missingRequirements(world, compiles) {
  return [...ALWAYS, ...(compiles ? TO_COMPILE : [])].filter((requirement) =>
    requirement.program !== undefined
      ? !world.hasProgram(requirement.program)
      : !(requirement.files || []).some((file) => world.exists(file)),
  )
}
