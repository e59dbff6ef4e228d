/**
 * Loaded into each child before its program (`node --import`). A child whose supervisor is gone, even by kill -9, ends
 * as on SIGTERM: nobody would start it again or read its log. What it writes is closed to others.
 */
const GRACE_MS = 10_000

process.umask(0o077)

if (process.send !== undefined) {
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), GRACE_MS).unref()
    // A program that listens itself ends itself.
    if (process.listenerCount('disconnect') === 0) process.kill(process.pid, 'SIGTERM')
  })
  // The listener alone must not keep a finished process alive.
  process.channel?.unref()
}
