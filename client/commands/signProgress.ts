import type { SignatureScheme } from '../../sap/algorithms.ts'
import type { Progress, SignFilesDeps } from '../signFiles.ts'
import type { CommandIo } from './commandModule.ts'

/** Reading is quick but for large files: a line now and then is enough. */
const TALK_EVERY_MS = 1000

/** Says what is going on; each file that is written goes to standard output, for a script to read. */
export function signProgress({ out, talk }: CommandIo, scheme: SignatureScheme): SignFilesDeps['onProgress'] {
  let spokenAt = performance.now()
  return (progress: Progress) => {
    const { step, file } = progress
    switch (step) {
      case 'preparing':
        if (performance.now() - spokenAt < TALK_EVERY_MS) return
        spokenAt = performance.now()
        talk(`Reading ${progress.done + 1} of ${progress.of}: ${file.inputFile}\n`)
        return
      case 'unfit':
        talk(`${file.inputFile} cannot be signed: ${progress.reason}\n`)
        return
      case 'failed':
        talk(`${file.outputFile} was not written: ${progress.reason}\n`)
        return
      case 'written': {
        const count = progress.of === 1 ? '' : ` ${progress.done} of ${progress.of}`
        talk(`Signed${count}: ${progress.file.what}, ${scheme.name} with ${scheme.digest}\n`)
        out(`${file.outputFile}\n`)
      }
    }
  }
}
