import { realpathSync } from 'node:fs'
import pkcs11js, { type PKCS11 } from 'pkcs11js'
import { TokenUnfit, isReturnValue } from './errors.ts'

interface LoadedModule {
  readonly pkcs11: PKCS11
  users: number
  /** False if another instance in this process had initialized the module before us: then it is not ours to end. */
  initializedByUs: boolean
  environment: Readonly<Record<string, string>>
}

/** A module in use. `release` gives it back; the last user's release finalizes it. */
export interface ModuleUse {
  readonly pkcs11: PKCS11
  /**
   * Finalizes and initializes the module anew; every session and handle of it is void then. Does nothing and returns
   * false while another token of the module is open in this process. No call may be running.
   */
  initializeAnew(): boolean
  release(): void
}

// PKCS#11 state belongs to the process, not to a caller: so does this table.
const modules = new Map<string, LoadedModule>()

/**
 * Loads and initializes a PKCS#11 module, or joins its users in this process. `environment` is put into process.env
 * before C_Initialize; SoftHSM reads SOFTHSM2_CONF only there, so all tokens open at one time in one process must
 * live in the same SoftHSM folder: a second user with another environment is refused. Throws TokenUnfit if the path is
 * not that of a PKCS#11 module.
 */
export function useModule(path: string, environment: Readonly<Record<string, string>> = {}): ModuleUse {
  const key = resolved(path)
  const module = modules.get(key) ?? load(key, environment)
  if (module.users === 0) initialize(module, environment)
  else refuseOther(module.environment, environment)
  module.users++
  let released = false
  return {
    pkcs11: module.pkcs11,
    initializeAnew: () => {
      if (module.users !== 1 || !module.initializedByUs) return false
      finalize(module)
      initialize(module, environment)
      return true
    },
    release: () => {
      if (released) return
      released = true
      module.users--
      if (module.users === 0 && module.initializedByUs) finalize(module)
    },
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    throw new TokenUnfit(`there is no PKCS#11 module at ${path}`, { cause: error })
  }
}

function load(path: string, environment: Readonly<Record<string, string>>): LoadedModule {
  // Some modules read their environment when they are loaded already.
  Object.assign(process.env, environment)
  const pkcs11 = new pkcs11js.PKCS11()
  try {
    pkcs11.load(path)
  } catch (error) {
    throw new TokenUnfit(`${path} cannot be loaded as a PKCS#11 module`, { cause: error })
  }
  const module = { pkcs11, users: 0, initializedByUs: false, environment: {} }
  // Never unloaded: modules leave exit handlers and thread-local state behind.
  modules.set(path, module)
  return module
}

function initialize(module: LoadedModule, environment: Readonly<Record<string, string>>): void {
  Object.assign(process.env, environment)
  module.environment = environment
  try {
    module.pkcs11.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK })
    module.initializedByUs = true
  } catch (error) {
    if (!isReturnValue(error, pkcs11js.CKR_CRYPTOKI_ALREADY_INITIALIZED)) throw error
    module.initializedByUs = false
  }
}

function finalize(module: LoadedModule): void {
  try {
    module.pkcs11.C_Finalize()
  } catch (error) {
    // Someone ended it already, or the device is gone: there is nothing left to end.
    if (!isReturnValue(error, pkcs11js.CKR_CRYPTOKI_NOT_INITIALIZED, pkcs11js.CKR_DEVICE_ERROR)) throw error
  }
}

function refuseOther(
  current: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(wanted)) {
    if (current[name] !== value)
      throw new TokenUnfit(`the PKCS#11 module is already in use in this process with another ${name}`)
  }
}
