import type { Command } from 'commander'
import { SapFailure } from '../../sap/errors.ts'
import { CommandFailure, EXIT } from '../commands/commandModule.ts'
import { loadOfficerConfig } from './officerConfig.ts'
import { openCa, openSam, type CaClient, type SamClient } from './sapPeers.ts'

/** Every officer's command takes it: where SAM and CA are, and what its holder is known by. */
export function addOfficerOption(command: Command): Command {
  return command.option('--officer <file>', "the officers' file", 'data/officer/officer.yaml')
}

/**
 * Runs `use` with connections in a role and closes them. A refusal becomes a sentence with its code; the reason stands
 * in the journal of whoever refused.
 */
export async function withOfficer<T>(
  configFile: string,
  role: 'ra' | 'officer',
  use: (peers: { readonly sam: SamClient; readonly ca: CaClient }) => Promise<T>,
): Promise<T> {
  const config = loadOfficerConfig(configFile)
  const sam = openSam(config, role)
  const ca = openCa(config)
  try {
    return await use({ sam, ca })
  } catch (error) {
    if (!(error instanceof SapFailure)) throw error
    const exitCode = error.code === 'forbidden' ? EXIT.denied : EXIT.failed
    throw new CommandFailure(exitCode, `Refused: ${error.message}.`, { cause: error })
  } finally {
    await Promise.all([sam.close(), ca.close()])
  }
}
