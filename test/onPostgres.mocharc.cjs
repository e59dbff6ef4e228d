'use strict'

const process = require('node:process')

/**
 * What `npm test` runs a second time, with the state in a real PostgreSQL server: everything that reads, writes or
 * breaks the SAM's state. Left out is what asks the database for nothing that these do not: algorithms, policies,
 * transport, documents.
 */
process.env.CHANCERY_TEST_DATABASE = 'postgres'

const FILES = [
  // Each hash once, each code once: conditional writes, races, limits by count.
  'once',
  'sign',
  'lateHashes',
  'sadBinding',
  'suspension',
  'otpBudget',
  'factors',
  'enrolment',
  'factorChange',
  'rogueFactorChange',
  // Rounds of the writer, and what a statement or a commit that fails leaves.
  'writerRounds',
  'database',
  'durableWrites',
  'factorChangeFaults',
  'quarantine',
  'hsmFaults',
  'forgetOtps',
  // Rows that somebody else changed, a state that was put back or is gone, keys that were destroyed.
  'integrity',
  'acceptState',
  'newChain',
  'keys',
  'channels',
]

module.exports = {
  ...require('../.mocharc.json'),
  // The server starts with the first test.
  timeout: 60000,
  spec: FILES.map((name) => `test/integration/sam/${name}.test.ts`),
}
