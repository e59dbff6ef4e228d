import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findSoftHsmModule } from '../../hsm/softHsmModule.ts'
import type { SoftHsm } from './softhsm.ts'

/** The functions that can be made to fail, and are counted. */
export type FaultFunction =
  | 'C_Initialize'
  | 'C_GetTokenInfo'
  | 'C_OpenSession'
  | 'C_GetSessionInfo'
  | 'C_Login'
  | 'C_CreateObject'
  | 'C_DestroyObject'
  | 'C_Sign'
  | 'C_GenerateKeyPair'
  | 'C_WrapKey'
  | 'C_UnwrapKey'
  | 'C_GenerateRandom'

/** What goes wrong; pkcs11Fault.c says what each does. Numbers are CKR_ values, or CKF_ flags. */
export type FaultKind =
  | `error=${number}`
  | `stuck=${number}`
  | `set-flag=${number}`
  | 'flip'
  | 'truncate'
  | 'hang'
  | 'kill'
  | 'kill-after'

export interface FaultRule {
  readonly call: FaultFunction
  readonly fault: FaultKind
  /** Counted from 1 since the rules were set; default 1. */
  readonly first?: number
  /** Default: without end. */
  readonly last?: number
}

export interface FaultModule {
  /** Path of the module that stands before SoftHSM. */
  readonly module: string
  /** For the process that loads the module; holds SoftHSM's own as well. */
  readonly environment: Readonly<Record<string, string>>
  /** Sets the rules in place of those before, at once, for every process that has the module loaded. */
  set(...rules: readonly FaultRule[]): void
  clear(): void
  /** Calls so far, of all processes, refused ones included. */
  count(call: FaultFunction): number
  /** Signing operations that were begun with a mechanism (CKM_ value). MACs have another one than signatures. */
  countSigning(mechanism: number): number
}

const SOURCE = fileURLToPath(new URL('pkcs11Fault.c', import.meta.url))

/**
 * Builds the fault module into the SoftHSM folder; each has its own rules and counts. Open tokens through it with its
 * `module` and `environment` in place of the SoftHsm's. A process that uses it must not have the plain SoftHSM
 * module initialized at the same time with another folder: below, both are the same library.
 */
export async function makeFaultModule(
  softHsm: Pick<SoftHsm, 'folder' | 'module' | 'environment'>,
): Promise<FaultModule> {
  const folder = mkdtempSync(join(softHsm.folder, 'fault-'))
  const module = join(folder, 'pkcs11Fault.so')
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-Wno-cast-function-type']
  await promisify(execFile)('gcc', [...flags, '-o', module, SOURCE, '-ldl', '-lpthread'])
  const control = join(folder, 'control')
  const counts = join(folder, 'counts')
  mkdirSync(counts)
  writeFileSync(control, '')
  const countOf = (name: string): number => statSync(join(counts, name), { throwIfNoEntry: false })?.size ?? 0
  let serial = 0
  const set = (...rules: readonly FaultRule[]): void => {
    // The serial number makes every text new: a text seen anew is what starts the counting anew.
    const lines = rules.map((rule) => {
      const range = `${String(rule.first ?? 1)} ${String(rule.last ?? Number.MAX_SAFE_INTEGER)}`
      return `${rule.call} ${rule.fault} ${range}`
    })
    writeFileSync(`${control}.new`, [`# ${String(++serial)}`, ...lines, ''].join('\n'))
    renameSync(`${control}.new`, control)
  }
  return {
    module,
    environment: {
      ...softHsm.environment,
      PKCS11_FAULT_MODULE: findSoftHsmModule() ?? softHsm.module,
      PKCS11_FAULT_CONTROL: control,
      PKCS11_FAULT_COUNTS: counts,
    },
    set,
    clear: () => {
      set()
    },
    count: (call) => countOf(call),
    countSigning: (mechanism) => countOf(`C_SignInit.${mechanism.toString(16)}`),
  }
}
