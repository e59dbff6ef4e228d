import { basename } from 'node:path'
import type { SignatureScheme } from '../../sap/algorithms.ts'
import { printable } from '../printable.ts'
import type { Progress, SignFilesDeps } from '../signFiles.ts'
import type { CommandIo } from './commandModule.ts'

/** Reading is quick but for large files: a line now and then is enough. */
const TALK_EVERY_MS = 1000

/** Says what is going on; each file that is written goes to standard output, for a script to read. */
export function signProgress({ out, talk }: CommandIo, scheme: SignatureScheme): SignFilesDeps['onProgress'] {
  let spokenAt = performance.now()
  const line = (text: string): void => {
    talk(`${printable(text)}\n`)
  }
  return (progress: Progress) => {
    const { step, file } = progress
    switch (step) {
      case 'preparing':
        if (performance.now() - spokenAt < TALK_EVERY_MS) return
        spokenAt = performance.now()
        line(`Reading ${progress.done + 1} of ${progress.of}: ${file.inputFile}`)
        return
      case 'prepared': {
        const { waitingFields: names } = progress.file
        if (names.length > 0)
          line(`${file.inputFile} has fields that wait for a signature (--field): ${names.join(', ')}`)
        return
      }
      case 'unfit':
        line(`${file.inputFile} cannot be signed: ${progress.reason}`)
        return
      case 'failed':
        line(`${file.outputFile} was not written: ${progress.reason}`)
        return
      case 'written': {
        const isOne = progress.of === 1
        const count = isOne ? '' : ` ${progress.done} of ${progress.of}`
        const name = isOne ? '' : `${basename(file.inputFile)}, `
        line(`Signed${count}: ${name}${progress.file.what}, ${scheme.name} with ${scheme.digest}`)
        out(`${file.outputFile}\n`)
      }
    }
  }
}
