import type { Knex } from 'knex'
import type { Egress } from '../egress/egress.ts'
import { startAsynchronous, type RunningAsynchronous } from './adapters/asynchronous/asynchronous.ts'
import { newCallbackKey, openCallbackKey, type CallbackKey } from './adapters/asynchronous/callbackKey.ts'
import { createCallbacks } from './adapters/asynchronous/callbacks.ts'
import { createAsyncStore } from './adapters/db/asyncStore.ts'
import { callbackKey } from './adapters/db/settings.ts'
import type { SsaConfig } from './config.ts'
import type { Clock } from './domain/time.ts'
import type { Audit } from './ports/audit.ts'
import type { Log } from './ports/log.ts'

export interface OperationModeA {
  readonly asynchronous: RunningAsynchronous
  /** What receivers of callbacks verify them with. */
  readonly published: CallbackKey['published']
}

/** Operation mode A of CSC API v2: kept requests, and callbacks over guarded egress. */
export async function startOperationModeA(
  config: SsaConfig,
  parts: {
    readonly database: Knex
    readonly egress: Egress
    readonly audit: Audit
    readonly clock: Clock
    readonly log: Log
  },
): Promise<OperationModeA> {
  const { database, egress, audit, clock, log } = parts
  const { validitySeconds, maxValiditySeconds, callbackRetrySeconds, userBytes, allBytes } =
    config.asynchronous
  const store = createAsyncStore(database, config.node, { ofUser: userBytes, ofAll: allBytes })
  const key = await openCallbackKey(await callbackKey(database, newCallbackKey))
  const callbacks = createCallbacks({
    ...{ store, egress, key, audit, clock, log },
    issuer: config.publicUrl,
    delays: callbackRetrySeconds.map((seconds) => seconds * 1000),
  })
  const asynchronous = await startAsynchronous({
    ...{ store, callbacks, audit, clock, log },
    checkUri: (uri) => {
      egress.check(uri)
    },
    validity: {
      byDefault: Math.min(validitySeconds, maxValiditySeconds) * 1000,
      most: maxValiditySeconds * 1000,
    },
  })
  return { asynchronous, published: key.published }
}
