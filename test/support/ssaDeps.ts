import type { Deps } from '../../src/csc/deps.ts'
import { systemClock } from '../../src/domain/time.ts'
import type { Sam } from '../../src/ports/sam.ts'

type Given = Pick<Deps, 'sessions' | 'users' | 'audit' | 'passwords' | 'loginLimiter'> & {
  /** Told each family whose SADs are voided. */
  readonly voidSad: (familyId: string) => unknown
}

/** What a method takes, for a test of one method: the given parts, and a SAM that can only void SADs. */
export function ssaDeps({ voidSad, ...given }: Given): Deps {
  return {
    ...given,
    sam: samThat(voidSad),
    refusals: { count: () => undefined },
    clock: systemClock,
    service: {
      name: 'Test',
      region: 'DK',
      lang: 'en',
      description: '',
      logo: 'https://localhost/logo.png',
      specs: '2.0.0.0',
      translations: {},
    },
    tokens: { accessSeconds: 3600, refreshSeconds: 3600 },
    timestamps: undefined,
    pdfRevisions: { revise: () => Promise.reject(new Error('not in this test')) },
    authorizeWaitMilliseconds: 1000,
    asynchronous: {
      validity: { byDefault: 1000, most: 1000 },
      checkResponseUri: () => undefined,
      accept: () => Promise.reject(new Error('not in this test')),
      find: () => Promise.resolve(undefined),
    },
    pageTokenKey: Buffer.alloc(32),
  }
}

function samThat(voidSad: Given['voidSad']): Sam {
  const absent = (): Promise<never> => Promise.reject(new Error('not in this test'))
  return {
    status: absent,
    credential: absent,
    credentials: absent,
    factors: absent,
    sendOtp: absent,
    authorize: absent,
    extend: absent,
    sign: absent,
    signDocument: absent,
    voidSad({ familyId }) {
      voidSad(familyId)
      return Promise.resolve(0)
    },
  }
}
