import { buildSam, type BuildSamOptions, type TestSam } from './buildSam.ts'
import { makeFaultModule, type FaultModule } from './faultModule.ts'
import { makeSoftHsm } from './softhsm.ts'

/** A SAM whose HSM can be made to fail, and counts what it is asked for. */
export interface FaultySam {
  readonly sam: TestSam
  readonly fault: FaultModule
  dispose(): Promise<void>
}

export async function buildFaultySam(options: BuildSamOptions = {}): Promise<FaultySam> {
  const softHsm = await makeSoftHsm()
  const fault = await makeFaultModule(softHsm)
  const sam = await buildSam({ ...options, module: fault.module, environment: fault.environment })
  return {
    sam,
    fault,
    async dispose() {
      fault.clear()
      await sam.dispose()
      await softHsm.dispose()
    },
  }
}
