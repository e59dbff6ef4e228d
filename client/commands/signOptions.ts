import { InvalidArgumentError, Option, type Command } from 'commander'
import { DIGESTS, type DigestName, type SchemeName } from '../../sap/algorithms.ts'
import type { ApiVersion } from '../connection.ts'
import type { SignaturePlace } from '../../ades/pdf/signatureField.ts'
import type { VisiblePlace } from '../../ades/pdf/visiblePlace.ts'

export interface SignOptions {
  readonly connection: string
  readonly credential?: string
  readonly api: ApiVersion
  readonly digest?: DigestName
  readonly scheme?: keyof typeof SCHEMES
  readonly mutualTls?: boolean
  readonly label?: string
  readonly pinFile?: string
  readonly otpFile?: string
  readonly otpStdin?: boolean
  readonly outDir?: string
  readonly force?: boolean
  readonly skipUnfit?: boolean
  readonly visible?: VisiblePlace
  readonly field?: string
  readonly detached?: boolean
}

export const SCHEMES = { pkcs1: 'rsa-pkcs1', pss: 'rsa-pss', ecdsa: 'ecdsa' } as const satisfies Record<
  string,
  SchemeName
>

export function addSignOptions(command: Command): Command {
  return command
    .option('--out-dir <folder>', 'where the signed files go, each under its own name')
    .option('--force', 'replace files that are at the place of the output')
    .option('--skip-unfit', 'sign the others when a file cannot be signed')
    .addOption(
      new Option(
        '--visible <place>',
        'show the signature: page or "last", or page,x,y,width,height in points',
      )
        .argParser(visiblePlace)
        .conflicts(['field', 'detached']),
    )
    .addOption(new Option('--field <name>', 'sign in a field that waits for it').conflicts('detached'))
    .option('--detached', 'any files: a signature beside each (CAdES baseline B-B), as <file>.p7s')
    .option('--connection <file>', 'service and signer', 'data/connection.json')
    .option('--credential <id>', 'which key; the first of the connection if not given')
    .addOption(new Option('--api <version>', 'version of the CSC API').choices(['v1', 'v2']).default('v1'))
    .addOption(new Option('--digest <name>', 'digest; by the key if not given').choices(Object.keys(DIGESTS)))
    .addOption(new Option('--scheme <name>', 'signature scheme; by the key').choices(Object.keys(SCHEMES)))
    .option('--mutual-tls', 'show the client certificate of the connection')
    .option('--label <text>', 'what the message to the signer calls the documents; their names if not given')
    .option('--pin-file <file>', 'PIN, mode 0600')
    .addOption(new Option('--otp-file <file>', 'OTP, read after it was sent').conflicts('otpStdin'))
    .option('--otp-stdin', 'read the OTP from standard input after it was sent')
}

/** `page` or `page,x,y,width,height`. Throws InvalidArgumentError. */
function visiblePlace(text: string): VisiblePlace {
  const match = /^([1-9][0-9]{0,8}|last)(?:,([0-9.]+),([0-9.]+),([0-9.]+),([0-9.]+))?$/.exec(text)
  const [x, y, width, height] = match?.slice(2).map(Number) ?? []
  if (match === null) throw new InvalidArgumentError('It is "page" or "page,x,y,width,height", in points.')
  const page = match[1] === 'last' ? 'last' : Number(match[1])
  if (match[2] === undefined) return { kind: 'page', page }
  const numbers = [x, y, width, height]
  if (x === undefined || y === undefined || width === undefined || height === undefined)
    return { kind: 'page', page }
  if (numbers.some((number) => !Number.isFinite(number)) || width <= 0 || height <= 0)
    throw new InvalidArgumentError('Width and height are numbers above 0.')
  return { kind: 'page', page, rectangle: { x, y, width, height } }
}

export function signaturePlace({ visible, field }: SignOptions): SignaturePlace {
  if (field !== undefined) return { kind: 'field', name: field }
  return visible ?? { kind: 'invisible' }
}
