// Compiles what is here and installs nothing: enough for the conformance suite, which needs no native module.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './bootstrap/build.js'
import { realWorld } from './bootstrap/world.js'

const world = realWorld(dirname(dirname(fileURLToPath(import.meta.url))))
process.exitCode = (await build(world)) ? 0 : 1
